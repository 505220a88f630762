-- Modify "workspaces" table
ALTER TABLE "workspaces" ADD COLUMN "event_retention" bigint NULL;
