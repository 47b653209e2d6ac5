#!/usr/bin/env bash
# As mariadb:11.8 behaves at its first start: MARIADB_* (each also as *_FILE), and a first server that has no port.
set -Eeo pipefail

from_file() {
  local name=$1 file_variable="$1_FILE"
  if [ -n "${!file_variable:-}" ]; then printf -v "$name" '%s' "$(<"${!file_variable}")"; fi
}

[ "${1:0:1}" != - ] || set -- mariadbd "$@"
case $1 in mariadbd | mysqld) ;; *) exec "$@" ;; esac
if [ "$(id -u)" = 0 ]; then
  find /var/lib/mysql /run/mysqld \! -user mysql -exec chown mysql:mysql '{}' +
  exec gosu mysql "${BASH_SOURCE[0]}" "$@"
fi

# Text as SQL has it.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

if [ ! -d /var/lib/mysql/mysql ]; then
  for name in MARIADB_ROOT_PASSWORD MARIADB_DATABASE MARIADB_USER MARIADB_PASSWORD; do from_file "$name"; done
  if [ -z "${MARIADB_ROOT_PASSWORD:-}${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}" ]; then
    echo 'Database is uninitialized and password option is not specified' >&2
    exit 1
  fi
  mariadb-install-db --datadir=/var/lib/mysql --auth-root-authentication-method=normal --skip-test-db >/dev/null
  mariadbd --skip-networking --socket=/run/mysqld/first.sock &
  first=$!
  client=(mariadb --protocol=socket --socket=/run/mysqld/first.sock -uroot)
  until "${client[@]}" -e 'select 1' >/dev/null 2>&1; do sleep 0.2; done
  {
    echo "create user root@'%' identified by $(quoted "${MARIADB_ROOT_PASSWORD:-}");"
    echo "grant all on *.* to root@'%' with grant option;"
    if [ -n "${MARIADB_DATABASE:-}" ]; then echo "create database \`$MARIADB_DATABASE\`;"; fi
    if [ -n "${MARIADB_USER:-}" ]; then
      echo "create user $(quoted "$MARIADB_USER")@'%' identified by $(quoted "${MARIADB_PASSWORD:-}");"
      if [ -n "${MARIADB_DATABASE:-}" ]; then
        echo "grant all on \`$MARIADB_DATABASE\`.* to $(quoted "$MARIADB_USER")@'%';"
      fi
    fi
    healthcheck_password=$(od -An -v -tx1 -N16 /dev/urandom | tr -d ' \n')
    echo "create user healthcheck@'127.0.0.1' identified by '$healthcheck_password';"
    printf '[mariadb-client]\nuser=healthcheck\npassword=%s\nprotocol=tcp\nhost=127.0.0.1\n' "$healthcheck_password" \
      >/var/lib/mysql/.my-healthcheck.cnf
    # The last, since it ends what this connection may do without a password.
    echo "alter user root@localhost identified by $(quoted "${MARIADB_ROOT_PASSWORD:-}");"
  } | "${client[@]}"
  chmod 0600 /var/lib/mysql/.my-healthcheck.cnf
  kill "$first"
  wait "$first"
fi
exec "$@"
