ALTER TABLE "tools" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tools" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "tools" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "tool_versions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tool_versions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "tool_versions" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "tool_invocations" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tool_invocations" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "tool_invocations" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));

-- A row never moves to another workspace, whoever writes the statement.
CREATE TRIGGER "tools_stay" BEFORE UPDATE OF "workspace_id" ON "tools" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "tool_versions_stay" BEFORE UPDATE OF "workspace_id" ON "tool_versions" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "tool_invocations_stay" BEFORE UPDATE OF "workspace_id" ON "tool_invocations" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
