-- Modify "conversations" table
ALTER TABLE "conversations" ADD COLUMN "tools" jsonb NULL;
-- Modify "generations" table
ALTER TABLE "generations" ADD COLUMN "tools" jsonb NULL;
-- Modify "tapes" table
ALTER TABLE "tapes" ADD COLUMN "waiting" boolean NOT NULL DEFAULT false;
-- Create "tools" table
CREATE TABLE "tools" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "name" character varying NOT NULL, "created_by" character varying(40) NOT NULL, "current_id" character varying(40) NULL, PRIMARY KEY ("id"));
-- Create index "tool_workspace_id_id" to table: "tools"
CREATE UNIQUE INDEX "tool_workspace_id_id" ON "tools" ("workspace_id", "id");
-- Create index "tool_workspace_id_name" to table: "tools"
CREATE UNIQUE INDEX "tool_workspace_id_name" ON "tools" ("workspace_id", "name");
-- Create "tool_invocations" table
CREATE TABLE "tool_invocations" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "tool" character varying NOT NULL, "version_id" character varying(40) NULL, "number" character varying NOT NULL, "hash" character varying NOT NULL, "started_by" character varying(40) NOT NULL, "generation_id" character varying(40) NULL, "channel_id" character varying(40) NULL, "call" character varying NOT NULL DEFAULT '', "arguments" text NOT NULL, "arguments_hash" character varying NOT NULL, "state" character varying NOT NULL, "asking" character varying NOT NULL DEFAULT '', "expires_at" timestamptz NULL, "decided_by" character varying(40) NULL, "decided_at" timestamptz NULL, "note" text NOT NULL DEFAULT '', "attempts" bigint NOT NULL DEFAULT 0, "output" text NOT NULL DEFAULT '', "failure" character varying NOT NULL DEFAULT '', "problem" text NOT NULL DEFAULT '', "cpu" bigint NOT NULL DEFAULT 0, "wall" bigint NOT NULL DEFAULT 0, "memory" bigint NOT NULL DEFAULT 0, "started_at" timestamptz NULL, "ended_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "toolinvocation_workspace_id_generation_id_id" to table: "tool_invocations"
CREATE INDEX "toolinvocation_workspace_id_generation_id_id" ON "tool_invocations" ("workspace_id", "generation_id", "id");
-- Create index "toolinvocation_workspace_id_id" to table: "tool_invocations"
CREATE UNIQUE INDEX "toolinvocation_workspace_id_id" ON "tool_invocations" ("workspace_id", "id");
-- Create index "toolinvocation_workspace_id_started_by_id" to table: "tool_invocations"
CREATE INDEX "toolinvocation_workspace_id_started_by_id" ON "tool_invocations" ("workspace_id", "started_by", "id");
-- Create index "toolinvocation_workspace_id_state_id" to table: "tool_invocations"
CREATE INDEX "toolinvocation_workspace_id_state_id" ON "tool_invocations" ("workspace_id", "state", "id");
-- Create "tool_versions" table
CREATE TABLE "tool_versions" ("id" character varying(40) NOT NULL, "workspace_id" character varying(40) NOT NULL, "created_at" timestamptz NOT NULL, "tool_id" character varying(40) NOT NULL, "created_by" character varying(40) NOT NULL, "number" character varying NOT NULL, "description" text NOT NULL, "source" text NOT NULL, "input_schema" text NOT NULL, "output_schema" text NOT NULL DEFAULT '', "replay" character varying NOT NULL, "approval" character varying NOT NULL, "permissions" jsonb NOT NULL, "uses" jsonb NOT NULL, "hosts" jsonb NOT NULL, "clock" boolean NOT NULL, "timeout" bigint NOT NULL, "hash" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'PROPOSED', "decided_by" character varying(40) NULL, "decided_at" timestamptz NULL, "note" text NOT NULL DEFAULT '', PRIMARY KEY ("id"));
-- Create index "toolversion_workspace_id_id" to table: "tool_versions"
CREATE UNIQUE INDEX "toolversion_workspace_id_id" ON "tool_versions" ("workspace_id", "id");
-- Create index "toolversion_workspace_id_state_id" to table: "tool_versions"
CREATE INDEX "toolversion_workspace_id_state_id" ON "tool_versions" ("workspace_id", "state", "id");
-- Create index "toolversion_workspace_id_tool_id_number" to table: "tool_versions"
CREATE UNIQUE INDEX "toolversion_workspace_id_tool_id_number" ON "tool_versions" ("workspace_id", "tool_id", "number");
-- Modify "tools" table
ALTER TABLE "tools" ADD CONSTRAINT "tools_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tools_created_by" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tools_workspace_id_current_id" FOREIGN KEY ("workspace_id", "current_id") REFERENCES "tool_versions" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION;
-- Modify "tool_invocations" table
ALTER TABLE "tool_invocations" ADD CONSTRAINT "tool_invocations_workspace_id" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_invocations_workspace_id_version_id" FOREIGN KEY ("workspace_id", "version_id") REFERENCES "tool_versions" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_invocations_started_by" FOREIGN KEY ("started_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_invocations_decided_by" FOREIGN KEY ("decided_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_invocations_workspace_id_generation_id" FOREIGN KEY ("workspace_id", "generation_id") REFERENCES "generations" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_invocations_workspace_id_channel_id" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION;
-- Modify "tool_versions" table
ALTER TABLE "tool_versions" ADD CONSTRAINT "tool_versions_workspace_id_tool_id" FOREIGN KEY ("workspace_id", "tool_id") REFERENCES "tools" ("workspace_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_versions_created_by" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, ADD CONSTRAINT "tool_versions_decided_by" FOREIGN KEY ("decided_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION;
