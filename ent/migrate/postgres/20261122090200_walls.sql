-- Row-level security: a second wall behind the data model's own rules. A connection says which workspaces it may see in
-- karnak.scope: a list with commas, or * for karnak itself. Without it nothing is seen.
-- Connections that signed in as a superuser take on the role karnak_app, which the policies bind.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'karnak_app') THEN
    CREATE ROLE karnak_app NOLOGIN;
  END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
  NULL;
END $$;

ALTER TABLE "workspaces" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "workspaces" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "workspaces" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "event_heads" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "event_heads" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "event_heads" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "members" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "members" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "members" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "invitations" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "invitations" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "invitations" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "custom_roles" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "custom_roles" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "custom_roles" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "grants" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "grants" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "grants" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "channels" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "channels" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "channels" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "channel_members" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "channel_members" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "channel_members" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "read_states" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read_states" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "read_states" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "messages" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "messages" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "messages" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "reactions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "reactions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "reactions" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "events" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenancy" ON "events" USING ((SELECT current_setting('karnak.scope', true)) = '*' OR "workspace_id" = ANY ((SELECT string_to_array(current_setting('karnak.scope', true), ','))::text[]));

-- A row never moves to another workspace, whoever writes the statement.
CREATE FUNCTION karnak_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'a row does not change its workspace';
END $$;
CREATE TRIGGER "members_stay" BEFORE UPDATE OF "workspace_id" ON "members" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "invitations_stay" BEFORE UPDATE OF "workspace_id" ON "invitations" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "custom_roles_stay" BEFORE UPDATE OF "workspace_id" ON "custom_roles" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "grants_stay" BEFORE UPDATE OF "workspace_id" ON "grants" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "channels_stay" BEFORE UPDATE OF "workspace_id" ON "channels" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "channel_members_stay" BEFORE UPDATE OF "workspace_id" ON "channel_members" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "read_states_stay" BEFORE UPDATE OF "workspace_id" ON "read_states" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "messages_stay" BEFORE UPDATE OF "workspace_id" ON "messages" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "reactions_stay" BEFORE UPDATE OF "workspace_id" ON "reactions" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();
CREATE TRIGGER "events_stay" BEFORE UPDATE OF "workspace_id" ON "events" FOR EACH ROW WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id) EXECUTE FUNCTION karnak_stay();

DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'karnak_app') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO karnak_app', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO karnak_app', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO karnak_app', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO karnak_app', current_schema());
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END $$;
