# shellcheck shell=bash
# Roles of a backup, as data that is checked. charms/lib/postgres.sh goes before it.

# SQL of the superuser that gives a role or a database a setting with the rights of a role that is none: it gets no setting that it
# could not have made itself, and no library to load. Answers whether it was made.
settings_in_sql="
CREATE FUNCTION pg_temp.make_setting(maker text, target text, setting text) RETURNS boolean LANGUAGE plpgsql AS \$function\$
DECLARE
  name text := split_part(setting, '=', 1);
  before text;
  statement text := target || format(' SET %I FROM CURRENT', name);
BEGIN
  IF name ~ 'preload|librar|^(role|session_authorization|is_superuser)\$|^transaction_' THEN RETURN false; END IF;
  before := current_setting(name, true);
  -- A setting of the service's own words, which PostgreSQL lets a superuser keep only; those of libraries may run programs.
  IF name !~ '^[a-z_][a-z0-9_]*\.[a-z0-9_.]+\$' OR name ~ '^(pl|pg_|auto_explain)' THEN
    EXECUTE format('SET LOCAL ROLE %I', maker);
  END IF;
  -- By way of the session, which knows how lists such as search_path are written. Until it is undone nothing is resolved by name.
  PERFORM set_config(name, substr(setting, strpos(setting, '=') + 1), true);
  EXECUTE statement;
  PERFORM pg_catalog.set_config(name, coalesce(before, ''), true);
  SET LOCAL ROLE NONE;
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END \$function\$;
CREATE FUNCTION pg_temp.printable(name text) RETURNS text LANGUAGE sql AS
  \$function\$ SELECT left(regexp_replace(quote_ident(name), '[[:cntrl:]]', '?', 'g'), 70) \$function\$;
-- Whether a role is more than a service's, or can become it.
CREATE FUNCTION pg_temp.is_privileged(role text) RETURNS boolean LANGUAGE sql AS \$function\$
  WITH RECURSIVE reached(oid) AS (SELECT oid FROM pg_roles WHERE rolname = role
    UNION SELECT m.roleid FROM pg_auth_members m JOIN reached r ON r.oid = m.member)
  SELECT coalesce(bool_or(rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole OR rolname ~ '^pg_'), true)
    FROM reached JOIN pg_roles USING (oid) \$function\$;"

# SQL that puts one line of JSON from standard input into a table of the session.
given_in_sql() { # FILE
  echo 'CREATE TEMP TABLE given (data jsonb);'
  printf '%s\n' "COPY pg_temp.given FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02');"
  jq -c . "$1"
  echo '\.'
}

# restore_roles CONTAINER FILE: makes and alters the roles of FILE, by quoting statements. None gets SUPERUSER, REPLICATION, BYPASSRLS
# or CREATEROLE, or becomes a member of a role that has one of them or is the server's own (pg_…). A superuser that the new server has
# stays as it is but for the password: the file or variable that the server took its password from came with the same backup, and
# whoever changed the password later means that one. Prints {left: [TEXT…], services: [ROLE…]}: what was left out, and the roles
# that are no more than a service's.
restore_roles() {
  {
    given_in_sql "$2"
    printf '%s\n' "$settings_in_sql"
    cat <<'SQL'
BEGIN;
CREATE TEMP TABLE left_out (line text);
DO $do$
DECLARE
  r record;
  m record;
  setting text;
  rights text;
  extent text;
BEGIN
  FOR r IN SELECT * FROM pg_temp.given, jsonb_to_recordset(data) AS x(name text, superuser bool, inherit bool, "createRole" bool,
    "createDb" bool, login bool, replication bool, "bypassRls" bool, "connectionLimit" int, password text, "validUntil" text,
    settings jsonb) LOOP
    IF r.name IS NULL OR r.name IN ('', 'public', 'none') OR octet_length(r.name) > 63 OR r.name ~ '^(pg_|myc-restore-)' THEN
      INSERT INTO pg_temp.left_out VALUES (format('the role %s: no role of a service has such a name', pg_temp.printable(r.name)));
      CONTINUE;
    END IF;
    IF r.password !~ '^(SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+|md5[0-9a-f]{32})$' THEN
      INSERT INTO pg_temp.left_out VALUES (format('the password of the role %s, which is no digest', pg_temp.printable(r.name)));
      r.password := NULL;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = r.name AND rolsuper) THEN
      IF NOT r.superuser THEN
        INSERT INTO pg_temp.left_out VALUES (format('the role %s, which is a superuser here', pg_temp.printable(r.name)));
      ELSIF r.password IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', r.name, r.password);
      END IF;
      CONTINUE;
    END IF;

    rights := concat_ws(', ', CASE WHEN r.superuser THEN 'SUPERUSER' END, CASE WHEN r.replication THEN 'REPLICATION' END,
      CASE WHEN r."bypassRls" THEN 'BYPASSRLS' END, CASE WHEN r."createRole" THEN 'CREATEROLE' END);
    IF rights <> '' THEN
      INSERT INTO pg_temp.left_out VALUES (format('%s of the role %s', rights, pg_temp.printable(r.name)));
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r.name) THEN EXECUTE format('CREATE ROLE %I', r.name); END IF;
    EXECUTE format('ALTER ROLE %I WITH NOSUPERUSER NOREPLICATION NOBYPASSRLS NOCREATEROLE %s %s %s CONNECTION LIMIT %s', r.name,
      CASE WHEN r.inherit THEN 'INHERIT' ELSE 'NOINHERIT' END, CASE WHEN r."createDb" THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
      CASE WHEN r.login THEN 'LOGIN' ELSE 'NOLOGIN' END, coalesce(r."connectionLimit", -1));
    IF r.password IS NOT NULL THEN EXECUTE format('ALTER ROLE %I PASSWORD %L', r.name, r.password); END IF;
    IF r."validUntil" IS NOT NULL THEN EXECUTE format('ALTER ROLE %I VALID UNTIL %L', r.name, r."validUntil"); END IF;
    FOR setting IN SELECT jsonb_array_elements_text(CASE jsonb_typeof(r.settings) WHEN 'array' THEN r.settings ELSE '[]' END) LOOP
      IF NOT pg_temp.make_setting(r.name, format('ALTER ROLE %I', r.name), setting) THEN
        INSERT INTO pg_temp.left_out VALUES
          (format('the setting %s of the role %s', pg_temp.printable(split_part(setting, '=', 1)), pg_temp.printable(r.name)));
      END IF;
    END LOOP;
  END LOOP;

  FOR m IN SELECT x.name AS member, y.value AS of, y.value->>'role' AS role FROM pg_temp.given, jsonb_to_recordset(data) AS x(name text,
    "memberOf" jsonb), jsonb_array_elements(CASE jsonb_typeof(x."memberOf") WHEN 'array' THEN x."memberOf" ELSE '[]' END) AS y
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = x.name AND rolsuper) LOOP
    IF pg_temp.is_privileged(m.role) OR pg_temp.is_privileged(m.member) THEN
      INSERT INTO pg_temp.left_out VALUES
        (format('the role %s as a member of %s', pg_temp.printable(m.member), pg_temp.printable(m.role)));
      CONTINUE;
    END IF;
    extent := CASE WHEN (m.of->>'admin_option')::bool THEN 'WITH ADMIN OPTION' ELSE '' END;
    IF current_setting('server_version_num')::int >= 160000 AND m.of ? 'set_option' THEN
      extent := format('WITH ADMIN %s, INHERIT %s, SET %s', (m.of->>'admin_option')::bool::text,
        (m.of->>'inherit_option')::bool::text, (m.of->>'set_option')::bool::text);
    END IF;
    EXECUTE format('GRANT %I TO %I %s', m.role, m.member, extent);
  END LOOP;
END $do$;
COMMIT;
SELECT json_build_object('left', (SELECT coalesce(json_agg(line ORDER BY line), '[]') FROM pg_temp.left_out),
  'services', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles
    WHERE NOT pg_temp.is_privileged(rolname) AND rolname !~ '[[:cntrl:]]|^myc-restore-'));
SQL
  } | postgres_superuser "$1"
}
