#!/usr/bin/env bash
# As postgres:17 behaves at its first start: POSTGRES_* (each also as *_FILE), the scripts of docker-entrypoint-initdb.d,
# and a first server that listens on the socket only.
set -Eeo pipefail

from_file() {
  local name=$1 file_variable="$1_FILE"
  if [ -n "${!file_variable:-}" ]; then export "$name=$(<"${!file_variable}")"; fi
}

[ "${1:0:1}" != - ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  mkdir -p /var/run/postgresql
  chown postgres /var/run/postgresql
  exec gosu postgres "${BASH_SOURCE[0]}" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER
  from_file POSTGRES_DB
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo "Error: Database is uninitialized and superuser password is not specified." >&2
    exit 1
  fi
  # shellcheck disable=SC2086 # several arguments in one variable, as the image has it
  initdb --username="$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-} >/dev/null
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  PGPASSWORD=${POSTGRES_PASSWORD:-} pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
  run_sql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user")
  if [ "$database" != postgres ]; then
    "${run_sql[@]}" --dbname postgres --set db="$database" <<<'CREATE DATABASE :"db";'
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) if [ -x "$script" ]; then "$script"; else bash "$script"; fi ;;
      *.sql) "${run_sql[@]}" --dbname "$database" -f "$script" ;;
      *.sql.gz) gunzip -c "$script" | "${run_sql[@]}" --dbname "$database" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
  echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@" -c "listen_addresses=*"
