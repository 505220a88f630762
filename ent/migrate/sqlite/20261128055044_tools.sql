-- Add column "tools" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `tools` json NULL;
-- Add column "tools" to table: "generations"
ALTER TABLE `generations` ADD COLUMN `tools` json NULL;
-- Add column "waiting" to table: "tapes"
ALTER TABLE `tapes` ADD COLUMN `waiting` bool NOT NULL DEFAULT false;
-- Create "tools" table
CREATE TABLE `tools` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `name` text NOT NULL, `created_by` text NOT NULL, `current_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `tools_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tools_created_by` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tools_workspace_id_current_id` FOREIGN KEY (`workspace_id`, `current_id`) REFERENCES `tool_versions` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "tool_workspace_id_id" to table: "tools"
CREATE UNIQUE INDEX `tool_workspace_id_id` ON `tools` (`workspace_id`, `id`);
-- Create index "tool_workspace_id_name" to table: "tools"
CREATE UNIQUE INDEX `tool_workspace_id_name` ON `tools` (`workspace_id`, `name`);
-- Create "tool_invocations" table
CREATE TABLE `tool_invocations` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `tool` text NOT NULL, `version_id` text NULL, `number` text NOT NULL, `hash` text NOT NULL, `started_by` text NOT NULL, `generation_id` text NULL, `channel_id` text NULL, `call` text NOT NULL DEFAULT (''), `arguments` text NOT NULL, `arguments_hash` text NOT NULL, `state` text NOT NULL, `asking` text NOT NULL DEFAULT (''), `expires_at` datetime NULL, `decided_by` text NULL, `decided_at` datetime NULL, `note` text NOT NULL DEFAULT (''), `attempts` integer NOT NULL DEFAULT (0), `output` text NOT NULL DEFAULT (''), `failure` text NOT NULL DEFAULT (''), `problem` text NOT NULL DEFAULT (''), `cpu` integer NOT NULL DEFAULT (0), `wall` integer NOT NULL DEFAULT (0), `memory` integer NOT NULL DEFAULT (0), `started_at` datetime NULL, `ended_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `tool_invocations_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_invocations_workspace_id_version_id` FOREIGN KEY (`workspace_id`, `version_id`) REFERENCES `tool_versions` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_invocations_started_by` FOREIGN KEY (`started_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_invocations_decided_by` FOREIGN KEY (`decided_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_invocations_workspace_id_generation_id` FOREIGN KEY (`workspace_id`, `generation_id`) REFERENCES `generations` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_invocations_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "toolinvocation_workspace_id_id" to table: "tool_invocations"
CREATE UNIQUE INDEX `toolinvocation_workspace_id_id` ON `tool_invocations` (`workspace_id`, `id`);
-- Create index "toolinvocation_workspace_id_started_by_id" to table: "tool_invocations"
CREATE INDEX `toolinvocation_workspace_id_started_by_id` ON `tool_invocations` (`workspace_id`, `started_by`, `id`);
-- Create index "toolinvocation_workspace_id_generation_id_id" to table: "tool_invocations"
CREATE INDEX `toolinvocation_workspace_id_generation_id_id` ON `tool_invocations` (`workspace_id`, `generation_id`, `id`);
-- Create index "toolinvocation_workspace_id_state_id" to table: "tool_invocations"
CREATE INDEX `toolinvocation_workspace_id_state_id` ON `tool_invocations` (`workspace_id`, `state`, `id`);
-- Create "tool_versions" table
CREATE TABLE `tool_versions` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `tool_id` text NOT NULL, `created_by` text NOT NULL, `number` text NOT NULL, `description` text NOT NULL, `source` text NOT NULL, `input_schema` text NOT NULL, `output_schema` text NOT NULL DEFAULT (''), `replay` text NOT NULL, `approval` text NOT NULL, `permissions` json NOT NULL, `uses` json NOT NULL, `hosts` json NOT NULL, `clock` bool NOT NULL, `timeout` integer NOT NULL, `hash` text NOT NULL, `state` text NOT NULL DEFAULT ('PROPOSED'), `decided_by` text NULL, `decided_at` datetime NULL, `note` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `tool_versions_workspace_id_tool_id` FOREIGN KEY (`workspace_id`, `tool_id`) REFERENCES `tools` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_versions_created_by` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `tool_versions_decided_by` FOREIGN KEY (`decided_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "toolversion_workspace_id_id" to table: "tool_versions"
CREATE UNIQUE INDEX `toolversion_workspace_id_id` ON `tool_versions` (`workspace_id`, `id`);
-- Create index "toolversion_workspace_id_tool_id_number" to table: "tool_versions"
CREATE UNIQUE INDEX `toolversion_workspace_id_tool_id_number` ON `tool_versions` (`workspace_id`, `tool_id`, `number`);
-- Create index "toolversion_workspace_id_state_id" to table: "tool_versions"
CREATE INDEX `toolversion_workspace_id_state_id` ON `tool_versions` (`workspace_id`, `state`, `id`);
