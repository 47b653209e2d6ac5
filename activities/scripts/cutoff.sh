#!/usr/bin/env bash
# cutoff.sh TOLD [PORT…]: these ports, and no others, are cut off for containers. Standard input: host/cutoff.sh and
# host/cutoff.conf, a line of base64 each. Result: TOLD, what it changes, for an attempt that comes after it was done.
set -euo pipefail
told=$1
shift
umask 022
put() { # FILE MODE: a line of standard input; in one step
  local content
  IFS= read -r content
  mkdir -p -- "${1%/*}"
  base64 -d <<<"$content" >"$1.new"
  chmod "$2" "$1.new"
  mv -- "$1.new" "$1"
}
program=/usr/local/lib/myc-wf/cutoff
put "$program" 0755
put /etc/systemd/system/docker.service.d/myc-wf-cutoff.conf 0644
mkdir -p /etc/myc-wf
{ if [ "$#" -gt 0 ]; then printf '%s\n' "$@"; fi; } >/etc/myc-wf/cutoff.new
mv -- /etc/myc-wf/cutoff.new /etc/myc-wf/cutoff
systemctl daemon-reload
"$program" apply
"$program" check
printf '%s\n' "$told" >"$MYC_RESULT"
