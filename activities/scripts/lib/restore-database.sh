# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # it is read by restore-databases.sh, and its programs have words of their own
# What restores one database runs in its container, behind the words of charms/lib/postgres.sh. The SQL of a dump is its service's:
# it runs as a role that is made for it, is no superuser, and is a member of the roles that own something in the dump.
# lib/restore-roles.sh goes before. MYC_SETTINGS is its SQL, MYC_LIST_… the entries of the dump that are wanted, and
# MYC_DATA one line of JSON:
#   database, temporary   the name, and the role that restores it
#   owner                 whom the database is to belong to; null for the superuser
#   keeper                whom it belongs to meanwhile, and for good what a superuser owned in it: a superuser who owns a function
#                         or an index runs what a service wrote
#   owners                the roles that own something in the dump
#   found                 its entry of databases.json; {} where a backup has none
export MYC_SETTINGS=$settings_in_sql
postgres_variables=(MYC_DATA MYC_SETTINGS MYC_LIST_0 MYC_LIST_1 MYC_LIST_2 MYC_LIST_3 MYC_LIST_4 MYC_LIST_5)
restore_words=$(
  cat <<'SH'
data() { # SQL on standard input: as superuser, behind the data
  {
    printf 'CREATE TEMP TABLE given (data jsonb);\n'
    printf '%s\n' "COPY pg_temp.given FROM STDIN WITH (FORMAT csv, DELIMITER E'\\001', QUOTE E'\\002');" "$MYC_DATA" '\.'
    printf '%s\n' "SELECT data->>'database' AS database, data->>'temporary' AS temporary, data->>'keeper' AS keeper FROM pg_temp.given \\gset"
    cat
  } | as_superuser
}

inside() { # DATABASE TEMPORARY PSQL-ARGUMENT…, SQL on standard input: as the temporary role
  database=$1 temporary=$2
  shift 2
  as_role "$temporary" "$database" psql -XAtq -v ON_ERROR_STOP=1 -v temporary="$temporary" "$@"
}

forget_role() { # of an earlier run
  data <<'SQL'
SELECT format('REVOKE ALL ON DATABASE %I FROM %I', :'database', :'temporary')
  WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'database') AND EXISTS (SELECT FROM pg_roles WHERE rolname = :'temporary') \gexec
DROP ROLE IF EXISTS :"temporary";
SQL
}

count_relations() { # DATABASE TEMPORARY [CONDITION]
  inside "$1" "$2" <<SQL
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' ${3-}
SQL
}

# How much a database holds that was there before us: asked by a role that owns nothing.
count_held() { # DATABASE TEMPORARY
  forget_role
  data <<'SQL'
CREATE ROLE :"temporary" LOGIN;
GRANT CONNECT ON DATABASE :"database" TO :"temporary";
SQL
  count_relations "$1" "$2"
  forget_role
}

# An empty database, which its owner cannot enter before the extensions are there.
make_database() { # DATABASE [EXTENSION SCHEMA OWNER]…
  data <<'SQL'
SELECT format('DROP DATABASE IF EXISTS %I', :'database') ||
  CASE WHEN current_setting('server_version_num')::int >= 130000 THEN ' WITH (FORCE)' ELSE '' END \gexec
DROP ROLE IF EXISTS :"temporary";
CREATE ROLE :"temporary" LOGIN;
-- What it says of errors is read.
ALTER ROLE :"temporary" SET lc_messages = 'C';
SELECT format('CREATE ROLE %I', :'keeper') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'keeper') \gexec
SELECT DISTINCT format('GRANT %I TO %I', rolname, :'temporary') ||
    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END
  FROM pg_temp.given, jsonb_array_elements_text(data->'owners' || jsonb_build_array(data->'keeper')) AS owner
  JOIN pg_roles ON rolname = owner \gexec
SELECT format('CREATE DATABASE %I TEMPLATE template0 CONNECTION LIMIT 0', :'database') || concat(
    CASE WHEN encoding <> '' THEN format(' ENCODING %L', encoding) END,
    CASE WHEN "collate" <> '' THEN format(' LC_COLLATE %L', "collate") END, CASE WHEN ctype <> '' THEN format(' LC_CTYPE %L', ctype) END,
    CASE WHEN current_setting('server_version_num')::int < 150000 THEN '' WHEN provider = 'c' THEN ' LOCALE_PROVIDER libc'
      WHEN provider = 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', locale)
      WHEN provider = 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', locale) ||
        CASE WHEN rules <> '' THEN format(' ICU_RULES %L', rules) ELSE '' END END)
  FROM pg_temp.given,
    jsonb_to_record(data->'found') AS x(encoding text, "collate" text, ctype text, provider text, locale text, rules text) \gexec
SQL
  database=$1
  shift
  while [ "$#" -gt 0 ]; do
    code=0
    add_extension "$database" "$1" "$2" "$3" || code=$?
    case $code in
      0) ;;
      1) echo "extension $1, which is not one that is made for a service" ;;
      *) return "$code" ;;
    esac
    shift 3
  done
  data <<'SQL'
ALTER DATABASE :"database" OWNER TO :"keeper";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
ALTER DATABASE :"database" CONNECTION LIMIT -1;
SQL
}

# The archive is standard input. Exit code 10: some entries could not be made, and standard error says which.
restore() { # DATABASE TEMPORARY ARGUMENT…
  database=$1 temporary=$2 code=0
  shift 2
  list=${MYC_LIST_0-}${MYC_LIST_1-}${MYC_LIST_2-}${MYC_LIST_3-}${MYC_LIST_4-}${MYC_LIST_5-}
  # An empty name stands for that of the environment, which unlike an argument is no connection string. pg_restore names the entry that
  # an error is of when it says everything, and does so in English.
  as_role "$temporary" "$database" env LC_ALL=C pg_restore --verbose --no-tablespaces --dbname= --use-list=/dev/fd/3 "$@" 3<<LIST || code=$?
$list
LIST
  [ "$code" != 1 ] || code=10
  return "$code"
}

# Whoever is to own an object has to be allowed to make one in its schema. What is granted for that is taken back before the rights
# come that the dump itself gives.
owners_in_schemas="FROM pg_namespace n, pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid JOIN pg_roles t ON t.oid = m.member
  WHERE t.rolname = :'temporary' AND nspname !~ '^pg_' AND nspname <> 'information_schema' AND o.oid <> nspowner
    AND pg_has_role(nspowner, 'USAGE')"

grant_create() { # DATABASE TEMPORARY
  inside "$@" <<SQL
SELECT format('GRANT CREATE ON SCHEMA %I TO %I', nspname, o.rolname) $owners_in_schemas \\gexec
SQL
}

grant_create_schema() { # DATABASE TEMPORARY
  inside "$@" <<'SQL'
SELECT format('GRANT CREATE ON DATABASE %I TO %I', current_database(), o.rolname)
  FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid JOIN pg_roles t ON t.oid = m.member WHERE t.rolname = :'temporary' \gexec
SQL
}

take_back_create() { # DATABASE TEMPORARY
  inside "$@" <<SQL
SELECT format('REVOKE CREATE ON SCHEMA %I FROM %I', nspname, o.rolname) $owners_in_schemas \\gexec
SQL
}

# What a superuser owned, and what the dump's own programs made, becomes the keeper's.
hand_to_keeper() { # DATABASE TEMPORARY KEEPER
  inside "$1" "$2" -v keeper="$3" <<'SQL'
REASSIGN OWNED BY :"temporary" TO :"keeper";
SQL
}

# Prints how many tables there are, then a line for each thing that was left out.
finish() { # DATABASE TEMPORARY KEEPER
  hand_to_keeper "$@"
  printf 'tables %s\n' "$(count_relations "$1" "$2" "AND c.relkind IN ('r', 'p')")"
  inside "$1" "$2" <<'SQL'
DROP OWNED BY :"temporary";
SQL
  {
    printf '%s\n' "$MYC_SETTINGS"
    cat <<'SQL'
BEGIN;
CREATE TEMP TABLE left_out (line text);
DO $do$
DECLARE
  d jsonb;
  r record;
  done boolean;
BEGIN
  SELECT data INTO d FROM pg_temp.given;
  FOR r IN SELECT role, jsonb_array_elements_text(CASE jsonb_typeof(settings) WHEN 'array' THEN settings ELSE '[]' END) AS setting
    FROM jsonb_to_recordset(CASE jsonb_typeof(d->'found'->'settings') WHEN 'array' THEN d->'found'->'settings' ELSE '[]' END)
      AS x(role text, settings jsonb) LOOP
    done := CASE WHEN r.role IS NULL
        THEN pg_temp.make_setting(d->>'keeper', format('ALTER DATABASE %I', d->>'database'), r.setting)
      WHEN pg_temp.is_privileged(r.role) THEN false
      ELSE pg_temp.make_setting(r.role, format('ALTER ROLE %I IN DATABASE %I', r.role, d->>'database'), r.setting) END;
    IF NOT done THEN
      INSERT INTO pg_temp.left_out VALUES (format('the setting %s%s', pg_temp.printable(split_part(r.setting, '=', 1)),
        CASE WHEN r.role IS NULL THEN '' ELSE ' of the role ' || pg_temp.printable(r.role) END));
    END IF;
  END LOOP;
END $do$;

SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', coalesce(data->>'owner', current_user)) FROM pg_temp.given \gexec
SELECT DISTINCT format('REVOKE ALL ON DATABASE %I FROM %s', datname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
  FROM pg_database, aclexplode(datacl) WHERE datname = :'database' \gexec
SELECT format('GRANT ALL ON DATABASE %I TO %I', datname, pg_get_userbyid(datdba)) FROM pg_database WHERE datname = :'database' \gexec
SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege, :'database', coalesce(quote_ident(grantee), 'PUBLIC'),
    CASE WHEN grantable AND grantee IS NOT NULL THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_temp.given, jsonb_to_recordset(CASE jsonb_typeof(data->'found'->'acl') WHEN 'array' THEN data->'found'->'acl'
    ELSE '[{"privilege": "CONNECT"}, {"privilege": "TEMPORARY"}]' END) AS a(grantee text, privilege text, grantable boolean)
  WHERE privilege IN ('CREATE', 'CONNECT', 'TEMPORARY') AND (grantee IS NULL OR EXISTS (SELECT FROM pg_roles WHERE rolname = grantee)) \gexec
SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', :'database', (data->'found'->>'connectionLimit')::int)
  FROM pg_temp.given WHERE (data->'found'->>'connectionLimit')::int > -1 \gexec
SELECT format('COMMENT ON DATABASE %I IS %L', :'database', data->'found'->>'comment') FROM pg_temp.given
  WHERE data->'found'->>'comment' <> '' \gexec
DROP ROLE :"temporary";
-- Where a superuser owned nothing there is nothing to keep.
SELECT format('DROP ROLE %I', :'keeper') WHERE :'keeper' ~ '^myc-owner-' AND NOT EXISTS (SELECT FROM pg_shdepend
  WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = :'keeper')) \gexec
SELECT line FROM pg_temp.left_out;
COMMIT;
SQL
  } | data
}
SH
)
