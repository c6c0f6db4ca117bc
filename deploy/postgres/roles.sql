-- Roles that may do no more than they need. An administrator runs this in Marquee's database, before the first
-- `marquee migrate up` and once more after it; running it again changes nothing.
--
--   marquee_owner    makes and changes the schema: `marquee migrate up`, before a new version is rolled out
--   marquee_service  fetches, applies and answers: `marquee serve`, and the commands that a person decides with
--   marquee_reader   answers only: `marquee serve --roles api`, and the commands that look
--
-- A schema that another role made before has to be handed over first: REASSIGN OWNED BY that_role TO marquee_owner.
--
-- They come without a password: give each one (\password marquee_owner), or let pg_hba.conf say who they are.

DO $$ BEGIN CREATE ROLE marquee_owner   LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE marquee_service LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE marquee_reader  LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

GRANT marquee_owner TO CURRENT_USER; -- who is no superuser has to belong to the role to say what its tables grant

DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO marquee_owner, marquee_service, marquee_reader', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO marquee_owner', current_database()); -- for the extension pg_trgm
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO marquee_owner;
GRANT USAGE ON SCHEMA public TO marquee_service, marquee_reader;

ALTER DEFAULT PRIVILEGES FOR ROLE marquee_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO marquee_service;
ALTER DEFAULT PRIVILEGES FOR ROLE marquee_owner IN SCHEMA public GRANT SELECT ON TABLES TO marquee_reader;

-- What the schema says of itself is for the owner alone to change.
DO $$ BEGIN
    IF to_regclass('public.schema_floor') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON public.schema_floor, public.goose_db_version FROM marquee_service;
    END IF;
END $$;
