#!/usr/bin/env bash
# superuser-sql.sh [FILE…]: says where a shell script of the charms, or one that runs on hosts, starts a client of PostgreSQL by itself.
# charms/lib/postgres.sh does that for all of them: a superuser who resolves a name in a service's database runs what the
# service put under that name. What is allowed elsewhere: `as_role` of any role but the superuser, pg_restore that only
# reads an archive, and a client in a container of its own that logs in as a service's role over the network.
set -euo pipefail
cd "$(dirname "$0")/../.."
files=("$@")
if [ "$#" = 0 ]; then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard -- charms activities/scripts |
    grep -vE '^charms/(lib/postgres\.sh$|engine/)|\.(md|yml|ts|py|pl|sql|conf|json)$')
fi
awk '
  function judge(line,    client) {
    client = "(psql|createdb|dropdb|createuser|dropuser|pg_dump|pg_dumpall|pg_restore|vacuumdb|reindexdb|clusterdb|vacuumlo|pg_amcheck|pg_basebackup)"
    if (line ~ /PGUSER=|as_role +"?\$(\{?superuser|\{?POSTGRES_USER)|PGOPTIONS=/) return 1
    if (line !~ ("(^|[^A-Za-z0-9_.$-])" client "([^A-Za-z0-9_.:'"'"'-]|$)")) return 0
    if (line ~ /as_role +"/) return 0
    if (line ~ /pg_restore/ && line ~ /--(list|file=)/ && line !~ /--dbname|(^| )-d/) return 0
    if (line ~ /docker run .*--network "?\$.*--entrypoint psql .*--username "\$role"/) return 0
    return 1
  }
  FNR == 1 { whole = ""; start = 1 }
  whole == "" { start = FNR }
  # A comment is of a shell or of SQL.
  whole == "" && /^[ \t]*(#|--)/ { next }
  { whole = whole $0 }
  /\\$/ { sub(/\\$/, "", whole); next }
  {
    if (judge(whole)) { print FILENAME ":" start ": a client of PostgreSQL; use charms/lib/postgres.sh: " whole; bad = 1 }
    whole = ""
  }
  END { exit bad }' "${files[@]}"
