#!/usr/bin/env bash
# The tests of the image's own script that charms use: --connect, --innodb_initialized.
set -eo pipefail
ask() { mariadb --defaults-file=/var/lib/mysql/.my-healthcheck.cnf --skip-column-names --batch -e "$1" 2>/dev/null; }
for test in "$@"; do
  case $test in
    --connect) ask 'select 1' >/dev/null ;;
    --innodb_initialized) [ "$(ask "select 1 from information_schema.ENGINES WHERE engine='innodb' AND support in ('YES', 'DEFAULT', 'ENABLED')")" = 1 ] ;;
  esac
done
