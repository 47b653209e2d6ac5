# shellcheck shell=bash disable=SC2154,SC2034
# The record of the control plane that manages this host: $root/control-plane, one line `ID NAME SINCE`. Goes before a script
# that calls read_control_plane. It is asked at every start of a job, so it starts no program.

plane_line='^([0-9a-f]{16,64}) ([A-Za-z0-9.-]+) ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z)'$'\n''$'

# Sets plane_id, plane_name and plane_since; all are empty on a host that no control plane has claimed. Anything else in the
# record's place sets plane_fault, since a record that cannot be read must never pass for a host that nobody manages.
read_control_plane() {
  local file=$root/control-plane lines=()
  plane_id='' plane_name='' plane_since='' plane_fault=''
  # A link that leads nowhere does not exist for -e.
  if [[ ! -e $file && ! -L $file ]]; then return 0; fi
  if [[ -L $file ]]; then
    plane_fault='is a link'
  elif [[ ! -f $file ]]; then
    plane_fault='is not a regular file'
  elif [[ ! -O $file ]]; then
    plane_fault='does not belong to root'
  elif [[ ! -s $file ]]; then
    plane_fault='is empty'
  elif mapfile -n 2 lines 2>/dev/null <"$file" && ((${#lines[@]} == 1)) && [[ ${lines[0]} =~ $plane_line ]]; then
    plane_id=${BASH_REMATCH[1]} plane_name=${BASH_REMATCH[2]} plane_since=${BASH_REMATCH[3]}
  else
    plane_fault='is damaged'
  fi
}
