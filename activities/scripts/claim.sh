#!/usr/bin/env bash
# shellcheck disable=SC2154 # lib/records.sh sets them.
# Who changes this host: see activities/claim.ts (lib/files.sh and lib/records.sh go before).
#   claim.sh check ID          prints the other control plane that manages the host, if one does: other NAME SINCE
#   claim.sh claim ID NAME [OPERATION SCHEDULED WORD]     the same, and writes ID down when none does yet
#   claim.sh takeover ID NAME [OPERATION SCHEDULED WORD]  writes ID down in any case; prints whose host it was
# Where the record cannot be read, `fault WHY` stands in the place of `other`, and only a takeover goes on.
# With OPERATION, which holds the host, that one is written down too, and what still runs of another one is printed, a line for
# each job: running KEY HOLDER. Where a later one holds the host already, nothing is changed: displaced WORD ID SINCE
set -euo pipefail
# Else a record that could not be written, on a full disk, would be linked into its place empty.
shopt -s inherit_errexit
umask 077
file=$root/control-plane
how=$1 id=$2 operation=${4:-} scheduled=${5:-0} word=${6:-}

# Sets `answer` to what is printed of the record, which is nothing when this control plane manages the host or none does.
ask_record() {
  read_control_plane
  answer=
  if [[ -n $fault ]]; then
    answer="fault $fault"
  elif [[ -n $plane_id && $plane_id != "$id" ]]; then
    answer="other $plane_name $plane_since"
  fi
}

# The lock of the host is its workflow's id: a changing job of another operation is what a terminated one left behind.
left_behind() {
  local record key state
  for record in "$root"/jobs/*; do
    key=${record##*/}
    if [[ ! -d $record || $key == "$operation".* || -s $record/exit ]]; then continue; fi
    if [[ ! $(cat "$record/exclusive" 2>/dev/null) =~ ^(yes|beside)$ ]]; then continue; fi
    state=$(systemctl show -p ActiveState "myc-$key.service")
    if [[ $state =~ =(active|activating|deactivating|reloading)$ ]]; then
      printf 'running %s %s\n' "$key" "$(cat "$record/holder")"
    fi
  done
}

# The server schedules nothing of an operation once it is terminated: what was scheduled before the one that is written down
# belongs to an earlier one. Under the lock of operations a job of an earlier one either runs by now or is refused.
begin_operation() {
  read_operation
  if [[ $held_by == "$operation" && $held_plane == "$id" ]]; then return; fi
  if [[ $held_plane == "$id" ]] && ((scheduled < held_at)); then
    answer="displaced $held_word $held_by $held_since"
    return
  fi
  put_record "$root/operation" "$operation $scheduled $id $word $(now)"
}

now() { date -u +%Y-%m-%dT%H:%MZ; }

put_record() { # FILE LINE
  # A rename takes the place of a link or a file, and of no folder.
  if [[ -d $1 && ! -L $1 ]]; then mv -T -- "$1" "$1.replaced.$(date +%s)"; fi
  printf '%s\n' "$2" | write_file "$1" 0600
}

# A link refuses what is there: of two that claim at once, the second learns of the first.
claim_first() { # NAME
  put_record "$root/.control-plane.$$" "$id $1 $(now)"
  ln -T -- "$root/.control-plane.$$" "$file" 2>/dev/null || true
  rm -f -- "$root/.control-plane.$$"
  sync -- "$root"
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
    if [[ -n $answer || -z $plane_id ]]; then put_record "$file" "$id $3 $(now)"; fi
    ;;
  *)
    echo "claim.sh: unknown command $how" >&2
    exit 64
    ;;
esac
[[ -z $answer ]] || printf '%s\n' "$answer"
if [[ -z $operation || (-n $answer && $how != takeover) ]]; then exit; fi

answer=
hold_operation --exclusive --wait 30 || { echo "the start of a job holds $root/operation.lock" >&2 && exit 1; }
begin_operation
if [[ -n $answer ]]; then printf '%s\n' "$answer"; else left_behind; fi
