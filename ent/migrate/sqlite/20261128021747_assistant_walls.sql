-- atlas:delimiter \n\n\n
-- A row never moves to another workspace, whoever writes the statement.


CREATE TRIGGER `tapes_stay` BEFORE UPDATE OF `workspace_id` ON `tapes` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `tape_steps_stay` BEFORE UPDATE OF `workspace_id` ON `tape_steps` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `conversations_stay` BEFORE UPDATE OF `workspace_id` ON `conversations` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `generations_stay` BEFORE UPDATE OF `workspace_id` ON `generations` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `model_budgets_stay` BEFORE UPDATE OF `workspace_id` ON `model_budgets` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;
