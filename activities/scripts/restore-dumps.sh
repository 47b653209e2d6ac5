#!/usr/bin/env bash
# restore-dumps.sh FOLDER SERVICE VERSION [DATABASE FILE]…: accounts and databases of FOLDER/stage's dumps into the empty service
# SERVICE, which runs, by the programs in its charm's folder dumps/; VERSION is the server's that was dumped. Safe to repeat at any
# point: what is done is marked, what was begun is begun anew. A database that holds something and was not begun by us is left alone.
# Result: {left: [TEXT…]}, what does not come back, as the programs print it.
set -euo pipefail
umask 077
folder=$1 service=$2 version=$3
shift 3
dumps=$folder/stage/var/lib/myc-wf/backup/dumps/$service
marks=$folder/restored/$service
mkdir -p -- "$marks"

charm() { # PROGRAM [ARGUMENT…]
  MYC_KIND=dumps bash /srv/charm-store/myc/lib/run-action.sh "$service" "$@" </dev/null
}

restore() { # DATABASE FILE
  local mark=$marks/$2
  [ ! -e "$mark.done" ] || return 0
  echo "restoring $1 of $service"
  printf '%s of %s\n' "$1" "$service" >"$MYC_PROGRESS"
  if [ ! -e "$mark.begun" ]; then
    if charm holds "$1"; then
      echo "the database $1 of $service holds something already; it was left as it is" >&2
      exit 1
    fi
    : >"$mark.begun"
    sync -- "$mark.begun"
  fi
  charm restore "$1" "$dumps/$2" >"$mark.left"
  : >"$mark.done"
}

# Only what accounts may do in the databases that come back does, too.
databases=()
for ((n = 1; n <= $#; n += 2)); do databases+=("${!n}"); done
charm restore-accounts "$dumps/accounts.json" "$version" "${databases[@]}" >"$marks/accounts.left"
while (($# > 0)); do
  restore "$1" "$2"
  shift 2
done
cat -- "$marks"/*.left | LC_ALL=C tr '\000-\011\013-\037\177' '?' | sed -n '1,50p' |
  jq -Rnc --arg service "$service" '{left: [inputs | "not restored: \($service): " + .[:300]]}' >"$MYC_RESULT"
jq -r '.left[]' "$MYC_RESULT"
