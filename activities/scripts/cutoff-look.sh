#!/usr/bin/env bash
# What is cut off on this host; changes nothing. A line each:
#   docker              it is installed
#   port NUMBER
#   broken              the rules do not hold, though ports are written down
#   uncovered NAME      a running container on the host's own network: its packets pass no rule of this kind
set -euo pipefail
command -v docker >/dev/null || exit 0
echo docker
if [ -f /etc/myc-wf/cutoff ]; then
  sed -n -E 's/^([1-9][0-9]{0,4})$/port \1/p' /etc/myc-wf/cutoff
  /usr/local/lib/myc-wf/cutoff check || echo broken
fi
mapfile -t ids < <(docker ps --quiet --no-trunc)
[ "${#ids[@]}" -gt 0 ] || exit 0
docker inspect --format '{{.HostConfig.NetworkMode}} {{.Name}}' "${ids[@]}" | sed -n 's|^host /|uncovered |p'
