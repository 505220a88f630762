-- Create "conversations" table
CREATE TABLE `conversations` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `channel_id` text NOT NULL, `created_by` text NOT NULL, `model` text NOT NULL, `instructions` text NOT NULL DEFAULT (''), `leaf_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `conversations_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `conversations_workspace_id_created_by` FOREIGN KEY (`workspace_id`, `created_by`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `conversations_workspace_id_leaf_id` FOREIGN KEY (`workspace_id`, `leaf_id`) REFERENCES `messages` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "conversation_workspace_id_id" to table: "conversations"
CREATE UNIQUE INDEX `conversation_workspace_id_id` ON `conversations` (`workspace_id`, `id`);
-- Create index "conversation_workspace_id_channel_id" to table: "conversations"
CREATE UNIQUE INDEX `conversation_workspace_id_channel_id` ON `conversations` (`workspace_id`, `channel_id`);
-- Create index "conversation_workspace_id_created_by_id" to table: "conversations"
CREATE INDEX `conversation_workspace_id_created_by_id` ON `conversations` (`workspace_id`, `created_by`, `id`);
-- Create "generations" table
CREATE TABLE `generations` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `conversation_id` text NOT NULL, `channel_id` text NOT NULL, `prompt_id` text NOT NULL, `started_by` text NOT NULL, `model` text NOT NULL, `max_tokens` integer NOT NULL, `state` text NOT NULL DEFAULT ('QUEUED'), `provider` text NOT NULL DEFAULT (''), `attempts` integer NOT NULL DEFAULT (0), `message_id` text NULL, `failure` text NOT NULL DEFAULT (''), `input_tokens` integer NOT NULL DEFAULT (0), `cached_tokens` integer NOT NULL DEFAULT (0), `output_tokens` integer NOT NULL DEFAULT (0), `estimated` bool NOT NULL DEFAULT (false), `cost` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `started_at` datetime NULL, `first_at` datetime NULL, `ended_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `generations_workspace_id_conversation_id` FOREIGN KEY (`workspace_id`, `conversation_id`) REFERENCES `conversations` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `generations_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `generations_workspace_id_prompt_id` FOREIGN KEY (`workspace_id`, `prompt_id`) REFERENCES `messages` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `generations_workspace_id_message_id` FOREIGN KEY (`workspace_id`, `message_id`) REFERENCES `messages` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `generations_workspace_id_started_by` FOREIGN KEY (`workspace_id`, `started_by`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "generation_workspace_id_id" to table: "generations"
CREATE UNIQUE INDEX `generation_workspace_id_id` ON `generations` (`workspace_id`, `id`);
-- Create index "generation_workspace_id_conversation_id_id" to table: "generations"
CREATE INDEX `generation_workspace_id_conversation_id_id` ON `generations` (`workspace_id`, `conversation_id`, `id`);
-- Create index "generation_workspace_id_message_id" to table: "generations"
CREATE UNIQUE INDEX `generation_workspace_id_message_id` ON `generations` (`workspace_id`, `message_id`);
-- Create "model_budgets" table
CREATE TABLE `model_budgets` (`id` text NOT NULL, `workspace_id` text NOT NULL, `monthly_limit` integer NULL, `month` text NOT NULL, `spent` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`), CONSTRAINT `model_budgets_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "modelbudget_workspace_id" to table: "model_budgets"
CREATE UNIQUE INDEX `modelbudget_workspace_id` ON `model_budgets` (`workspace_id`);
-- Create "tapes" table
CREATE TABLE `tapes` (`id` text NOT NULL, `workspace_id` text NOT NULL, `kind` text NOT NULL, `seq` integer NOT NULL DEFAULT (0), `fence` integer NOT NULL DEFAULT (0), `lease_until` datetime NULL, `stop_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `tapes_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "tape_workspace_id_id" to table: "tapes"
CREATE UNIQUE INDEX `tape_workspace_id_id` ON `tapes` (`workspace_id`, `id`);
-- Create index "tape_kind_lease_until" to table: "tapes"
CREATE INDEX `tape_kind_lease_until` ON `tapes` (`kind`, `lease_until`);
-- Create "tape_steps" table
CREATE TABLE `tape_steps` (`id` text NOT NULL, `workspace_id` text NOT NULL, `tape_id` text NOT NULL, `seq` integer NOT NULL, `kind` text NOT NULL, `recorded_at` datetime NOT NULL, `log_seq` integer NOT NULL, `data` json NULL, PRIMARY KEY (`id`), CONSTRAINT `tape_steps_workspace_id_tape_id` FOREIGN KEY (`workspace_id`, `tape_id`) REFERENCES `tapes` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "tapestep_workspace_id_tape_id_seq" to table: "tape_steps"
CREATE UNIQUE INDEX `tapestep_workspace_id_tape_id_seq` ON `tape_steps` (`workspace_id`, `tape_id`, `seq`);
