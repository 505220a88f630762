ALTER TABLE "tapes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tapes" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "tapes" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "tape_steps" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tape_steps" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "tape_steps" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "conversations" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "conversations" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "conversations" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "generations" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "generations" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "generations" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "model_budgets" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "model_budgets" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "model_budgets" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));

-- A row never moves to another workspace, whoever writes the statement.
CREATE TRIGGER "tapes_stay" BEFORE UPDATE OF "workspace_id" ON "tapes" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "tape_steps_stay" BEFORE UPDATE OF "workspace_id" ON "tape_steps" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "conversations_stay" BEFORE UPDATE OF "workspace_id" ON "conversations" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "generations_stay" BEFORE UPDATE OF "workspace_id" ON "generations" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "model_budgets_stay" BEFORE UPDATE OF "workspace_id" ON "model_budgets" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
