-- Create "workspaces" table
CREATE TABLE "workspaces" ("id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "name" character varying NOT NULL, "slug" character varying NOT NULL, "tier" character varying NOT NULL DEFAULT 'SOLOPRENEUR', "personal" boolean NOT NULL DEFAULT false, PRIMARY KEY ("id"));
-- Create index "workspaces_slug_key" to table: "workspaces"
CREATE UNIQUE INDEX "workspaces_slug_key" ON "workspaces" ("slug");
-- Create "events" table
CREATE TABLE "events" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "seq" bigint NOT NULL, "type" character varying NOT NULL, "actor_id" character varying(40) NULL, "subject_id" character varying(40) NULL, "object_id" character varying(40) NULL, "channel_id" character varying(40) NULL, "occurred_at" timestamptz NOT NULL, "recorded_at" timestamptz NOT NULL, "source" character varying NOT NULL, "dedupe_key" character varying NULL, "client_mutation_id" character varying NULL, "schema_version" bigint NOT NULL DEFAULT 1, "data" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "event_workspace_id_channel_id_seq" to table: "events"
CREATE INDEX "event_workspace_id_channel_id_seq" ON "events" ("workspace_id", "channel_id", "seq");
-- Create index "event_workspace_id_seq" to table: "events"
CREATE UNIQUE INDEX "event_workspace_id_seq" ON "events" ("workspace_id", "seq");
-- Create index "event_workspace_id_source_dedupe_key" to table: "events"
CREATE UNIQUE INDEX "event_workspace_id_source_dedupe_key" ON "events" ("workspace_id", "source", "dedupe_key");
-- Create "event_heads" table
CREATE TABLE "event_heads" ("id" character varying(40) NOT NULL, "seq" bigint NOT NULL DEFAULT 0, "floor" bigint NOT NULL DEFAULT 0, "epoch" bigint NOT NULL DEFAULT 1, PRIMARY KEY ("id"));
-- Create "signing_keys" table
CREATE TABLE "signing_keys" ("id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "public_key" bytea NOT NULL, "sealed_key" bytea NOT NULL, "retires_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create "idempotency_keys" table
CREATE TABLE "idempotency_keys" ("id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "fingerprint" character varying NOT NULL, "object_id" character varying NOT NULL DEFAULT '', "log_id" character varying NOT NULL DEFAULT '', "seq" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- Create index "idempotency_created_at" to table: "idempotency_keys"
CREATE INDEX "idempotency_created_at" ON "idempotency_keys" ("created_at");
-- Create "users" table
CREATE TABLE "users" ("id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "email" character varying NOT NULL, "email_key" character varying NOT NULL, "display_name" character varying NOT NULL, "password_hash" character varying NOT NULL, "super_admin" boolean NOT NULL DEFAULT false, "suspended_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "users_email_key_key" to table: "users"
CREATE UNIQUE INDEX "users_email_key_key" ON "users" ("email_key");
-- Create "channels" table
CREATE TABLE "channels" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "name" character varying NOT NULL, "name_key" character varying NULL, "topic" character varying NOT NULL DEFAULT '', "visibility" character varying NOT NULL, "direct_key" character varying NULL, "last_seq" bigint NOT NULL DEFAULT 0, "created_by" character varying(40) NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "channels_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "channels_created_by" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "channel_workspace_id_direct_key" to table: "channels"
CREATE UNIQUE INDEX "channel_workspace_id_direct_key" ON "channels" ("workspace_id", "direct_key");
-- Create index "channel_workspace_id_id" to table: "channels"
CREATE UNIQUE INDEX "channel_workspace_id_id" ON "channels" ("workspace_id", "id");
-- Create index "channel_workspace_id_name_id" to table: "channels"
CREATE INDEX "channel_workspace_id_name_id" ON "channels" ("workspace_id", "name", "id");
-- Create index "channel_workspace_id_name_key" to table: "channels"
CREATE UNIQUE INDEX "channel_workspace_id_name_key" ON "channels" ("workspace_id", "name_key");
-- Create "members" table
CREATE TABLE "members" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "user_id" character varying(40) NOT NULL, "role" character varying NOT NULL, "owner" boolean NOT NULL DEFAULT false, "joined_at" timestamptz NOT NULL, "left_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "members_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "members_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "member_user_id_workspace_id" to table: "members"
CREATE INDEX "member_user_id_workspace_id" ON "members" ("user_id", "workspace_id");
-- Create index "member_workspace_id_user_id" to table: "members"
CREATE UNIQUE INDEX "member_workspace_id_user_id" ON "members" ("workspace_id", "user_id");
-- Create "channel_members" table
CREATE TABLE "channel_members" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "channel_id" character varying(40) NOT NULL, "user_id" character varying(40) NOT NULL, "moderator" boolean NOT NULL DEFAULT false, "joined_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "channel_members_workspace_id_channel_id" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "channel_members_workspace_id_user_id" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "members" ("workspace_id", "user_id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "channelmember_workspace_id_channel_id_user_id" to table: "channel_members"
CREATE UNIQUE INDEX "channelmember_workspace_id_channel_id_user_id" ON "channel_members" ("workspace_id", "channel_id", "user_id");
-- Create index "channelmember_workspace_id_user_id" to table: "channel_members"
CREATE INDEX "channelmember_workspace_id_user_id" ON "channel_members" ("workspace_id", "user_id");
-- Create "custom_roles" table
CREATE TABLE "custom_roles" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "name" character varying NOT NULL, "parents" jsonb NOT NULL, "allow" jsonb NOT NULL, "deny" jsonb NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "custom_roles_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "customrole_workspace_id_name" to table: "custom_roles"
CREATE UNIQUE INDEX "customrole_workspace_id_name" ON "custom_roles" ("workspace_id", "name");
-- Create "grants" table
CREATE TABLE "grants" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "user_id" character varying(40) NOT NULL, "permission" character varying NOT NULL, "object_id" character varying(40) NULL, "reason" character varying NOT NULL, "granted_by" character varying(40) NOT NULL, "expires_at" timestamptz NOT NULL, "revoked_at" timestamptz NULL, "warned_at" timestamptz NULL, "ended_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "grants_workspace_id_user_id" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "members" ("workspace_id", "user_id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "grants_granted_by" FOREIGN KEY ("granted_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "grant_expires_at" to table: "grants"
CREATE INDEX "grant_expires_at" ON "grants" ("expires_at");
-- Create index "grant_workspace_id_user_id_expires_at" to table: "grants"
CREATE INDEX "grant_workspace_id_user_id_expires_at" ON "grants" ("workspace_id", "user_id", "expires_at");
-- Create "invitations" table
CREATE TABLE "invitations" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "email" character varying NOT NULL, "email_key" character varying NOT NULL, "role" character varying NOT NULL, "token_hash" character varying NOT NULL, "invited_by" character varying(40) NOT NULL, "expires_at" timestamptz NOT NULL, "accepted_at" timestamptz NULL, "revoked_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "invitations_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "invitations_invited_by" FOREIGN KEY ("invited_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "invitation_page" to table: "invitations"
CREATE INDEX "invitation_page" ON "invitations" ("workspace_id", "id");
-- Create index "invitations_token_hash_key" to table: "invitations"
CREATE UNIQUE INDEX "invitations_token_hash_key" ON "invitations" ("token_hash");
-- Create "messages" table
CREATE TABLE "messages" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "channel_id" character varying(40) NOT NULL, "seq" bigint NOT NULL, "author_id" character varying(40) NOT NULL, "body" text NOT NULL, "reply_to_id" character varying(40) NULL, "mention_ids" jsonb NULL, "edited_at" timestamptz NULL, "deleted_at" timestamptz NULL, PRIMARY KEY ("id"), CONSTRAINT "messages_workspace_id_channel_id" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "messages_workspace_id_author_id" FOREIGN KEY ("workspace_id", "author_id") REFERENCES "members" ("workspace_id", "user_id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "message_workspace_id_channel_id_seq" to table: "messages"
CREATE UNIQUE INDEX "message_workspace_id_channel_id_seq" ON "messages" ("workspace_id", "channel_id", "seq");
-- Create index "message_workspace_id_id" to table: "messages"
CREATE UNIQUE INDEX "message_workspace_id_id" ON "messages" ("workspace_id", "id");
-- Bind an answer to a message of the same workspace
ALTER TABLE "messages" ADD CONSTRAINT "messages_workspace_id_reply_to_id" FOREIGN KEY ("workspace_id", "reply_to_id") REFERENCES "messages" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION;
-- Create "reactions" table
CREATE TABLE "reactions" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "message_id" character varying(40) NOT NULL, "user_id" character varying(40) NOT NULL, "emoji" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "reactions_workspace_id_message_id" FOREIGN KEY ("workspace_id", "message_id") REFERENCES "messages" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "reactions_workspace_id_user_id" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "members" ("workspace_id", "user_id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "reaction_workspace_id_message_id_user_id_emoji" to table: "reactions"
CREATE UNIQUE INDEX "reaction_workspace_id_message_id_user_id_emoji" ON "reactions" ("workspace_id", "message_id", "user_id", "emoji");
-- Create "read_states" table
CREATE TABLE "read_states" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "channel_id" character varying(40) NOT NULL, "user_id" character varying(40) NOT NULL, "seq" bigint NOT NULL, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "read_states_workspace_id_channel_id" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "read_states_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "readstate_workspace_id_user_id_channel_id" to table: "read_states"
CREATE UNIQUE INDEX "readstate_workspace_id_user_id_channel_id" ON "read_states" ("workspace_id", "user_id", "channel_id");
-- Create "sessions" table
CREATE TABLE "sessions" ("id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "user_id" character varying(40) NOT NULL, "generation" bigint NOT NULL DEFAULT 0, "rotated_at" timestamptz NOT NULL, "user_agent" character varying NOT NULL, "address" character varying NOT NULL, "expires_at" timestamptz NOT NULL, "ended_at" timestamptz NULL, "end_reason" character varying NOT NULL DEFAULT '', PRIMARY KEY ("id"), CONSTRAINT "sessions_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX "session_expires_at" ON "sessions" ("expires_at");
-- Create index "session_user_id_id" to table: "sessions"
CREATE INDEX "session_user_id_id" ON "sessions" ("user_id", "id");
