-- atlas:delimiter \n\n\n
-- A row never moves to another workspace, whoever writes the statement.


CREATE TRIGGER `members_stay` BEFORE UPDATE OF `workspace_id` ON `members` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `invitations_stay` BEFORE UPDATE OF `workspace_id` ON `invitations` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `custom_roles_stay` BEFORE UPDATE OF `workspace_id` ON `custom_roles` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `grants_stay` BEFORE UPDATE OF `workspace_id` ON `grants` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `channels_stay` BEFORE UPDATE OF `workspace_id` ON `channels` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `channel_members_stay` BEFORE UPDATE OF `workspace_id` ON `channel_members` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `read_states_stay` BEFORE UPDATE OF `workspace_id` ON `read_states` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `messages_stay` BEFORE UPDATE OF `workspace_id` ON `messages` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `reactions_stay` BEFORE UPDATE OF `workspace_id` ON `reactions` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `events_stay` BEFORE UPDATE OF `workspace_id` ON `events` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;
