-- atlas:delimiter \n\n\n
-- A row never moves to another workspace, whoever writes the statement.


CREATE TRIGGER `tools_stay` BEFORE UPDATE OF `workspace_id` ON `tools` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `tool_versions_stay` BEFORE UPDATE OF `workspace_id` ON `tool_versions` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;


CREATE TRIGGER `tool_invocations_stay` BEFORE UPDATE OF `workspace_id` ON `tool_invocations` WHEN new.workspace_id <> old.workspace_id BEGIN
  SELECT RAISE(ABORT, 'a row does not change its workspace');
END;
