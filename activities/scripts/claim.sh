#!/usr/bin/env bash
# Who manages this host: see activities/claim.ts (lib/files.sh and lib/control-plane.sh go before).
#   claim.sh check ID          prints the other control plane that manages the host, if one does: other NAME SINCE
#   claim.sh claim ID NAME [OPERATION]     the same, and writes ID down when none does yet
#   claim.sh takeover ID NAME [OPERATION]  writes ID down in any case; prints whose host it was
# Where the record cannot be read, `fault WHY` stands in the place of `other`, and only a takeover goes on.
# With OPERATION, which holds the host, also what still runs of another one, a line for each job: running KEY HOLDER
set -euo pipefail
# Else a record that could not be written, on a full disk, would be linked into its place empty.
shopt -s inherit_errexit
umask 077
root=/var/lib/myc-wf
file=$root/control-plane
how=$1 id=$2 operation=${4:-}

# Sets `answer` to what is printed of the record, which is nothing when this control plane manages the host or none does.
# shellcheck disable=SC2154
ask_record() {
  read_control_plane
  answer=
  if [[ -n $plane_fault ]]; then
    answer="fault $plane_fault"
  elif [[ -n $plane_id && $plane_id != "$id" ]]; then
    answer="other $plane_name $plane_since"
  fi
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

line() { printf '%s %s %s\n' "$id" "$1" "$(date -u +%Y-%m-%dT%H:%MZ)"; }

# A link refuses what is there: of two that claim at once, the second learns of the first.
claim_first() { # NAME
  line "$1" | write_file "$root/.control-plane.$$" 0600
  ln -T -- "$root/.control-plane.$$" "$file" 2>/dev/null || true
  rm -f -- "$root/.control-plane.$$"
  sync -- "$root"
}

take_over() { # NAME
  # A rename takes the place of a link or a file, and of no folder.
  if [[ -d $file && ! -L $file ]]; then mv -T -- "$file" "$file.replaced.$(date +%s)"; fi
  line "$1" | write_file "$file" 0600
}

ask_record
case $how in
  check) ;;
  claim)
    if [[ -z $plane_id && -z $answer ]]; then
      claim_first "$3"
      ask_record
      [[ -n $plane_id || -n $answer ]] || { echo "$file could not be written" >&2 && exit 1; }
    fi
    ;;
  takeover)
    if [[ -n $answer || -z $plane_id ]]; then take_over "$3"; fi
    ;;
  *)
    echo "claim.sh: unknown command $how" >&2
    exit 64
    ;;
esac
[[ -z $answer ]] || printf '%s\n' "$answer"
if [[ -n $operation && ($how == takeover || -z $answer) ]]; then left_behind; fi
