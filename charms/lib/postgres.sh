# shellcheck shell=bash
# SQL on a PostgreSQL server that runs in a container. Only this file starts a client as superuser: hooks and actions source it as
# $CHARM_LIBRARY/postgres.sh, and it goes before the host scripts that ask for it.
#
# A database belongs to its service, which may define functions, operators and settings (ALTER DATABASE … SET) in it. A superuser
# who resolves a name there runs what the service put under that name. So these are the only ways in:
#   postgres_superuser   SQL of the superuser, in the maintenance database, which belongs to no service
#   postgres_owner       SQL inside a database, with the rights of whoever owns it
#   postgres_restore     an archive of pg_dump into a database, with the rights of whoever owns it
#   postgres_dump        pg_dump, which empties search_path by itself and calls no function of the database
#   postgres_alter       ALTER … OWNER of what is inside a database
#   postgres_run         a shell script in the container that has the words below: as_superuser, as_role and add_extension
# Names travel in the environment, or as psql's variables (:'name', :"name"), never as a part of a statement or a connection string.

# The database that superusers connect to. A recovery may have to make the database postgres anew, and sets template1.
: "${postgres_maintenance:=postgres}"

postgres_words=$(
	cat <<'SH'
set -eu
superuser=${POSTGRES_USER:-postgres}
export PGCLIENTENCODING=UTF8
# These overrule what ALTER ROLE and ALTER DATABASE … SET say, of the maintenance database and the superuser too.
fixed="-c search_path=pg_catalog,pg_temp -c role=none -c default_transaction_read_only=off -c statement_timeout=0"
fixed="$fixed -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c default_tablespace= -c local_preload_libraries="
fixed="$fixed -c standard_conforming_strings=on -c client_min_messages=warning"
# A statement may hold a password, so none gets into the server's log.
quiet="-c session_preload_libraries= -c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1"

as_superuser() { # PSQL-ARGUMENT…, SQL on standard input
	PGUSER=$superuser PGDATABASE=$MYC_MAINTENANCE PGOPTIONS="$fixed $quiet" psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

as_role() { # ROLE DATABASE PROGRAM ARGUMENT…: a client program that connects as the role
	role_in_use=$1 database_in_use=$2
	shift 2
	PGUSER=$role_in_use PGDATABASE=$database_in_use PGOPTIONS="$fixed" "$@"
}

# The extensions that a superuser makes for a service. Each is trusted by PostgreSQL, so that a database's owner may make it as well,
# or brings types, functions and statistics only. Left out is what reads files or reaches the network (file_fdw, adminpack, dblink,
# postgres_fdw), runs programs (plperlu, plpython3u) or has to be loaded by the server (pg_cron).
extensions=' bloom btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance fuzzystrmatch hstore intarray isn lo ltree
pg_stat_statements pg_trgm pgcrypto plpgsql postgis seg tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp vector '
extensions=$(printf '%s' "$extensions" | tr '\n' ' ')

# Its script runs as superuser: call this only for a database that was made of template0 and that no service can have entered.
# Returns 1 for an extension that is not on the list.
add_extension() { # DATABASE EXTENSION [SCHEMA [ROLE]]: public when left out, and whom a schema belongs to that is not there yet
	case $extensions in *" $2 "*) ;; *) return 1 ;; esac
	PGUSER=$superuser PGDATABASE=$1 PGOPTIONS="$fixed $quiet" \
		psql -XAtq -v ON_ERROR_STOP=1 -v extension="$2" -v schema="${3:-public}" -v role="${4:-}" <<'SQL'
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', :'schema') || CASE :'role' WHEN '' THEN '' ELSE format(' AUTHORIZATION %I', :'role') END
  WHERE :'schema' NOT IN ('public', 'pg_catalog') \gexec
SELECT format('CREATE EXTENSION IF NOT EXISTS %I', :'extension') || CASE WHEN fixed THEN '' ELSE format(' SCHEMA %I', :'schema') END
  FROM (SELECT EXISTS (SELECT FROM pg_available_extension_versions WHERE name = :'extension' AND schema IS NOT NULL) AS fixed) AS its \gexec
SQL
}

# Prints the owner of a database whose rights are enough for what is inside it, or tells on standard error why there is none.
owner_of() { # DATABASE
	answer=$(
		as_superuser -v database="$1" <<'SQL'
WITH RECURSIVE owner AS (SELECT r.* FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = :'database'),
  reached(oid) AS (SELECT oid FROM owner UNION SELECT m.roleid FROM pg_auth_members m JOIN reached r ON r.oid = m.member)
SELECT CASE WHEN rolname ~ '[[:cntrl:]]' THEN 'no the name of its owner has a control character'
  WHEN EXISTS (SELECT FROM reached JOIN pg_roles r USING (oid) WHERE r.rolsuper OR r.rolname ~ '^pg_')
    THEN 'no its owner ' || rolname || ' is a superuser or can become one; make it a service''s with the action chown'
  WHEN NOT rolcanlogin THEN 'no its owner ' || rolname || ' may not log in'
  ELSE 'ok ' || rolname END FROM owner
SQL
	)
	case $answer in
	'ok '*) printf '%s\n' "${answer#ok }" ;;
	*) echo "the database $1 cannot be entered: ${answer#no }" >&2 && return 1 ;;
	esac
}
SH
)

# Names of variables that postgres_run hands on: no list of processes shows what is in them.
postgres_variables=()

# postgres_run CONTAINER SCRIPT [ARGUMENT…]: the script, for a POSIX shell, in the container. Its standard input is the caller's.
postgres_run() {
	docker exec -i -e MYC_MAINTENANCE="$postgres_maintenance" "${postgres_variables[@]/#/--env=}" "$1" sh -c "$postgres_words
$2" sh "${@:3}"
}

# postgres_superuser CONTAINER [PSQL-ARGUMENT…]: SQL on standard input, in the maintenance database. psql prints rows only, unaligned.
postgres_superuser() {
	# shellcheck disable=SC2016 # it is the container's shell that expands it
	postgres_run "$1" 'as_superuser "$@"' "${@:2}"
}

# postgres_owner CONTAINER DATABASE [PSQL-ARGUMENT…]: SQL on standard input, inside the database, as its owner. What it answers is what
# the service wants it to answer. Returns 1 where the owner is, or can become, a superuser.
postgres_owner() {
	# shellcheck disable=SC2016
	postgres_run "$1" 'owner=$(owner_of "$1" </dev/null) || exit 1
as_role "$owner" "$@"' "$2" psql -XAtq -v ON_ERROR_STOP=1 "${@:3}"
}

# postgres_dump CONTAINER DATABASE [ARGUMENT…]: pg_dump as superuser, on standard output.
postgres_dump() {
	# shellcheck disable=SC2016
	postgres_run "$1" 'as_role "$superuser" "$@"' "$2" pg_dump "${@:3}" </dev/null
}

# postgres_restore CONTAINER DATABASE [ARGUMENT…]: the archive on standard input, as the database's owner. Returns 1 like postgres_owner.
postgres_restore() {
	# An empty name stands for that of the environment, which unlike an argument is no connection string.
	# shellcheck disable=SC2016
	postgres_run "$1" 'owner=$(owner_of "$1" </dev/null) || exit 1
database=$1
shift
as_role "$owner" "$database" pg_restore --dbname= "$@"' "$2" "${@:3}"
}

# postgres_alter CONTAINER DATABASE [PSQL-ARGUMENT…]: SQL of the superuser inside a database, for ALTER … OWNER and nothing else. Only a
# superuser can give away what another one made, and that evaluates nothing that the database defines: no view, default, index or
# trigger runs (event triggers are made by superusers only), search_path has pg_catalog alone, and names are qualified and quoted.
postgres_alter() {
	# shellcheck disable=SC2016
	postgres_run "$1" 'MYC_MAINTENANCE=$1
shift
as_superuser "$@"' "${@:2}"
}
