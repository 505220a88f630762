-- Create "channels" table
CREATE TABLE `channels` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `name` text NOT NULL, `name_key` text NULL, `topic` text NOT NULL DEFAULT (''), `visibility` text NOT NULL, `direct_key` text NULL, `last_seq` integer NOT NULL DEFAULT (0), `created_by` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `channels_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `channels_created_by` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "channel_workspace_id_id" to table: "channels"
CREATE UNIQUE INDEX `channel_workspace_id_id` ON `channels` (`workspace_id`, `id`);
-- Create index "channel_workspace_id_name_key" to table: "channels"
CREATE UNIQUE INDEX `channel_workspace_id_name_key` ON `channels` (`workspace_id`, `name_key`);
-- Create index "channel_workspace_id_direct_key" to table: "channels"
CREATE UNIQUE INDEX `channel_workspace_id_direct_key` ON `channels` (`workspace_id`, `direct_key`);
-- Create index "channel_workspace_id_name_id" to table: "channels"
CREATE INDEX `channel_workspace_id_name_id` ON `channels` (`workspace_id`, `name`, `id`);
-- Create "channel_members" table
CREATE TABLE `channel_members` (`id` text NOT NULL, `workspace_id` text NOT NULL, `channel_id` text NOT NULL, `user_id` text NOT NULL, `moderator` bool NOT NULL DEFAULT (false), `joined_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `channel_members_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `channel_members_workspace_id_user_id` FOREIGN KEY (`workspace_id`, `user_id`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "channelmember_workspace_id_channel_id_user_id" to table: "channel_members"
CREATE UNIQUE INDEX `channelmember_workspace_id_channel_id_user_id` ON `channel_members` (`workspace_id`, `channel_id`, `user_id`);
-- Create index "channelmember_workspace_id_user_id" to table: "channel_members"
CREATE INDEX `channelmember_workspace_id_user_id` ON `channel_members` (`workspace_id`, `user_id`);
-- Create "custom_roles" table
CREATE TABLE `custom_roles` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `name` text NOT NULL, `parents` json NOT NULL, `allow` json NOT NULL, `deny` json NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `custom_roles_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "customrole_workspace_id_name" to table: "custom_roles"
CREATE UNIQUE INDEX `customrole_workspace_id_name` ON `custom_roles` (`workspace_id`, `name`);
-- Create "events" table
CREATE TABLE `events` (`id` text NOT NULL, `workspace_id` text NOT NULL, `seq` integer NOT NULL, `type` text NOT NULL, `actor_id` text NULL, `subject_id` text NULL, `object_id` text NULL, `channel_id` text NULL, `occurred_at` datetime NOT NULL, `recorded_at` datetime NOT NULL, `source` text NOT NULL, `dedupe_key` text NULL, `client_mutation_id` text NULL, `schema_version` integer NOT NULL DEFAULT (1), `data` json NULL, PRIMARY KEY (`id`));
-- Create index "event_workspace_id_seq" to table: "events"
CREATE UNIQUE INDEX `event_workspace_id_seq` ON `events` (`workspace_id`, `seq`);
-- Create index "event_workspace_id_source_dedupe_key" to table: "events"
CREATE UNIQUE INDEX `event_workspace_id_source_dedupe_key` ON `events` (`workspace_id`, `source`, `dedupe_key`);
-- Create index "event_workspace_id_channel_id_seq" to table: "events"
CREATE INDEX `event_workspace_id_channel_id_seq` ON `events` (`workspace_id`, `channel_id`, `seq`);
-- Create "event_heads" table
CREATE TABLE `event_heads` (`id` text NOT NULL, `seq` integer NOT NULL DEFAULT (0), `floor` integer NOT NULL DEFAULT (0), `epoch` integer NOT NULL DEFAULT (1), PRIMARY KEY (`id`));
-- Create "grants" table
CREATE TABLE `grants` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `user_id` text NOT NULL, `permission` text NOT NULL, `object_id` text NULL, `reason` text NOT NULL, `granted_by` text NOT NULL, `expires_at` datetime NOT NULL, `revoked_at` datetime NULL, `warned_at` datetime NULL, `ended_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `grants_workspace_id_user_id` FOREIGN KEY (`workspace_id`, `user_id`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `grants_granted_by` FOREIGN KEY (`granted_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "grant_workspace_id_user_id_expires_at" to table: "grants"
CREATE INDEX `grant_workspace_id_user_id_expires_at` ON `grants` (`workspace_id`, `user_id`, `expires_at`);
-- Create index "grant_expires_at" to table: "grants"
CREATE INDEX `grant_expires_at` ON `grants` (`expires_at`);
-- Create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` text NOT NULL, `created_at` datetime NOT NULL, `fingerprint` text NOT NULL, `object_id` text NOT NULL DEFAULT (''), `log_id` text NOT NULL DEFAULT (''), `seq` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- Create index "idempotency_created_at" to table: "idempotency_keys"
CREATE INDEX `idempotency_created_at` ON `idempotency_keys` (`created_at`);
-- Create "invitations" table
CREATE TABLE `invitations` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `role` text NOT NULL, `token_hash` text NOT NULL, `invited_by` text NOT NULL, `expires_at` datetime NOT NULL, `accepted_at` datetime NULL, `revoked_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `invitations_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `invitations_invited_by` FOREIGN KEY (`invited_by`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "invitations_token_hash_key" to table: "invitations"
CREATE UNIQUE INDEX `invitations_token_hash_key` ON `invitations` (`token_hash`);
-- Create index "invitation_page" to table: "invitations"
CREATE INDEX `invitation_page` ON `invitations` (`workspace_id`, `id`);
-- Create "members" table
CREATE TABLE `members` (`id` text NOT NULL, `workspace_id` text NOT NULL, `user_id` text NOT NULL, `role` text NOT NULL, `owner` bool NOT NULL DEFAULT (false), `joined_at` datetime NOT NULL, `left_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `members_workspace_id` FOREIGN KEY (`workspace_id`) REFERENCES `workspaces` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `members_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "member_workspace_id_user_id" to table: "members"
CREATE UNIQUE INDEX `member_workspace_id_user_id` ON `members` (`workspace_id`, `user_id`);
-- Create index "member_user_id_workspace_id" to table: "members"
CREATE INDEX `member_user_id_workspace_id` ON `members` (`user_id`, `workspace_id`);
-- Create "messages" table
CREATE TABLE `messages` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `channel_id` text NOT NULL, `seq` integer NOT NULL, `author_id` text NOT NULL, `body` text NOT NULL, `reply_to_id` text NULL, `mention_ids` json NULL, `edited_at` datetime NULL, `deleted_at` datetime NULL, PRIMARY KEY (`id`), CONSTRAINT `messages_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `messages_workspace_id_author_id` FOREIGN KEY (`workspace_id`, `author_id`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `messages_workspace_id_reply_to_id` FOREIGN KEY (`workspace_id`, `reply_to_id`) REFERENCES `messages` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "message_workspace_id_id" to table: "messages"
CREATE UNIQUE INDEX `message_workspace_id_id` ON `messages` (`workspace_id`, `id`);
-- Create index "message_workspace_id_channel_id_seq" to table: "messages"
CREATE UNIQUE INDEX `message_workspace_id_channel_id_seq` ON `messages` (`workspace_id`, `channel_id`, `seq`);
-- Create "reactions" table
CREATE TABLE `reactions` (`id` text NOT NULL, `workspace_id` text NOT NULL, `created_at` datetime NOT NULL, `message_id` text NOT NULL, `user_id` text NOT NULL, `emoji` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `reactions_workspace_id_message_id` FOREIGN KEY (`workspace_id`, `message_id`) REFERENCES `messages` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `reactions_workspace_id_user_id` FOREIGN KEY (`workspace_id`, `user_id`) REFERENCES `members` (`workspace_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "reaction_workspace_id_message_id_user_id_emoji" to table: "reactions"
CREATE UNIQUE INDEX `reaction_workspace_id_message_id_user_id_emoji` ON `reactions` (`workspace_id`, `message_id`, `user_id`, `emoji`);
-- Create "read_states" table
CREATE TABLE `read_states` (`id` text NOT NULL, `workspace_id` text NOT NULL, `channel_id` text NOT NULL, `user_id` text NOT NULL, `seq` integer NOT NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `read_states_workspace_id_channel_id` FOREIGN KEY (`workspace_id`, `channel_id`) REFERENCES `channels` (`workspace_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `read_states_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "readstate_workspace_id_user_id_channel_id" to table: "read_states"
CREATE UNIQUE INDEX `readstate_workspace_id_user_id_channel_id` ON `read_states` (`workspace_id`, `user_id`, `channel_id`);
-- Create "sessions" table
CREATE TABLE `sessions` (`id` text NOT NULL, `created_at` datetime NOT NULL, `user_id` text NOT NULL, `generation` integer NOT NULL DEFAULT (0), `rotated_at` datetime NOT NULL, `user_agent` text NOT NULL, `address` text NOT NULL, `expires_at` datetime NOT NULL, `ended_at` datetime NULL, `end_reason` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `sessions_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "session_user_id_id" to table: "sessions"
CREATE INDEX `session_user_id_id` ON `sessions` (`user_id`, `id`);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- Create "signing_keys" table
CREATE TABLE `signing_keys` (`id` text NOT NULL, `created_at` datetime NOT NULL, `public_key` blob NOT NULL, `sealed_key` blob NOT NULL, `retires_at` datetime NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- Create "users" table
CREATE TABLE `users` (`id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `email` text NOT NULL, `email_key` text NOT NULL, `display_name` text NOT NULL, `password_hash` text NOT NULL, `super_admin` bool NOT NULL DEFAULT (false), `suspended_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "users_email_key_key" to table: "users"
CREATE UNIQUE INDEX `users_email_key_key` ON `users` (`email_key`);
-- Create "workspaces" table
CREATE TABLE `workspaces` (`id` text NOT NULL, `created_at` datetime NOT NULL, `version` integer NOT NULL DEFAULT (1), `name` text NOT NULL, `slug` text NOT NULL, `tier` text NOT NULL DEFAULT ('SOLOPRENEUR'), `personal` bool NOT NULL DEFAULT (false), PRIMARY KEY (`id`));
-- Create index "workspaces_slug_key" to table: "workspaces"
CREATE UNIQUE INDEX `workspaces_slug_key` ON `workspaces` (`slug`);
