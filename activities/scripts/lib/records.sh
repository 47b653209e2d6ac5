# shellcheck shell=bash disable=SC2034
# Who may change this host, a record of one line each under $root. Goes before a script that asks one of them; it starts no
# program, as it is asked at every start of a job.
#   control-plane   ID NAME SINCE: the control plane that manages the host
#   operation       ID SCHEDULED PLANE WORD SINCE: the operation that began last under the host's lock. SCHEDULED is when the
#                   Temporal server scheduled the activity that wrote it, in milliseconds; PLANE is its control plane
# operation.lock is held shared while a job is started, and alone while the operation is written down.

root=/var/lib/myc-wf
plane='[0-9a-f]{16,64}' since='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z' operation_id='[0-9]{8}T[0-9]{6}Z-[a-z0-9]{6}'
plane_line="^($plane) ([A-Za-z0-9.-]+) ($since)"$'\n''$'
operation_line="^($operation_id) ([1-9][0-9]{0,14}) ($plane) ([a-z-]+) ($since)"$'\n''$'

# Sets BASH_REMATCH to the parts of the line, or is false. `fault` is empty where there is no such record; anything else that
# stands in its place is a fault, since a record that cannot be read must never pass for one that nobody wrote.
read_record() { # FILE PATTERN
  local lines=()
  fault=''
  # A link that leads nowhere does not exist for -e.
  if [[ ! -e $1 && ! -L $1 ]]; then return 1; fi
  if [[ -L $1 ]]; then
    fault='is a link'
  elif [[ ! -f $1 ]]; then
    fault='is not a regular file'
  elif [[ ! -O $1 ]]; then
    fault='does not belong to root'
  elif [[ ! -s $1 ]]; then
    fault='is empty'
  elif ! { mapfile -n 2 lines 2>/dev/null <"$1" && ((${#lines[@]} == 1)) && [[ ${lines[0]} =~ $2 ]]; }; then
    fault='is damaged'
  else
    return 0
  fi
  return 1
}

# plane_id is empty on a host that no control plane has claimed.
read_control_plane() {
  plane_id='' plane_name='' plane_since=''
  if read_record "$root/control-plane" "$plane_line"; then
    plane_id=${BASH_REMATCH[1]} plane_name=${BASH_REMATCH[2]} plane_since=${BASH_REMATCH[3]}
  fi
}

# held_by is empty on a host where no operation has begun yet.
read_operation() {
  held_by='' held_at=0 held_plane='' held_word='' held_since=''
  if read_record "$root/operation" "$operation_line"; then
    held_by=${BASH_REMATCH[1]} held_at=${BASH_REMATCH[2]} held_plane=${BASH_REMATCH[3]}
    held_word=${BASH_REMATCH[4]} held_since=${BASH_REMATCH[5]}
  fi
}

# An operation that was terminated has activities that do not know of it yet: once another one has begun, they change nothing.
# Says `displaced WORD ID SINCE` (or `displaced WHY`, where the record cannot be read) and is false then.
may_change() { # OPERATION
  read_operation
  if [[ -n $fault ]]; then
    printf 'displaced %s\n' "$fault"
    return 1
  elif [[ -n $held_by && $held_by != "$1" ]]; then
    printf 'displaced %s %s %s\n' "$held_word" "$held_by" "$held_since"
    return 1
  fi
}

# Until it is released, no other operation begins. Inherited by what is started meanwhile, so that it outlives this shell.
hold_operation() { exec 5>>"$root/operation.lock" && flock "$@" 5; }
release_operation() { exec 5>&-; }

# For a script that changes the host for this operation, past any job.
require_operation() { # OPERATION
  mkdir -p -- "$root"
  hold_operation --shared
  may_change "$1" || exit 75
}
