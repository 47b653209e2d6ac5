#!/usr/bin/env bash
# Who manages this host: see activities/claim.ts.
#   claim.sh check ID          prints the other control plane that manages the host, if one does: other NAME SINCE
#   claim.sh claim ID NAME [OPERATION]     the same, and writes ID down when none does yet
#   claim.sh takeover ID NAME [OPERATION]  writes ID down in any case; prints whose host it was
# With OPERATION, which holds the host, also what still runs of another one, a line for each job: running KEY HOLDER
# /var/lib/myc-wf/control-plane holds one line: ID NAME SINCE. It is written whole or not at all; job.sh reads it too.
set -euo pipefail
umask 077
root=/var/lib/myc-wf
file=$root/control-plane
how=$1 id=$2 operation=${4:-}

other() {
  local theirs name since
  read -r theirs name since 2>/dev/null <"$file" || return 0
  [[ $theirs == "$id" ]] || printf 'other %s %s\n' "$name" "$since"
}

# The lock of the host is its workflow's id: a changing job of another operation is what a terminated one left behind.
left_behind() {
  local record key
  for record in "$root"/jobs/*; do
    key=${record##*/}
    if [[ -d $record && $key != "$operation".* && ! -s $record/exit ]] &&
      [[ $(cat "$record/exclusive" 2>/dev/null) =~ ^(yes|beside)$ ]] && systemctl --quiet is-active "myc-$key.service"; then
      printf 'running %s %s\n' "$key" "$(cat "$record/holder")"
    fi
  done
}

write_beside() { # NAME; prints the path
  local new
  mkdir -p "$root"
  new=$(mktemp "$root/.control-plane.XXXXXX")
  printf '%s %s %s\n' "$id" "$1" "$(date -u +%Y-%m-%dT%H:%MZ)" >"$new"
  printf '%s\n' "$new"
}

case $how in
  check) other ;;
  claim)
    if [[ ! -s $file ]]; then
      new=$(write_beside "$3")
      # A link refuses what is there: of two that claim at once, the second learns of the first.
      ln -T "$new" "$file" 2>/dev/null || true
      rm -f "$new"
    fi
    other
    ;;
  takeover)
    was=$(other)
    if [[ -n $was || ! -s $file ]]; then
      new=$(write_beside "$3")
      mv -fT "$new" "$file"
    fi
    [[ -z $was ]] || printf '%s\n' "$was"
    ;;
  *)
    echo "claim.sh: unknown command $how" >&2
    exit 64
    ;;
esac
if [[ -n $operation && -z $(other) ]]; then left_behind; fi
