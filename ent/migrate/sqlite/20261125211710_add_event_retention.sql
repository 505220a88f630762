-- Add column "event_retention" to table: "workspaces"
ALTER TABLE `workspaces` ADD COLUMN `event_retention` integer NULL;
