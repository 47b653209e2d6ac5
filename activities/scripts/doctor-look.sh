#!/usr/bin/env bash
# What a host says of its health, in a line each; changes nothing.
#   clock SECONDS             since 1970
#   disk PATH FREE TOTAL      in KiB, of each filesystem that services and backups fill
#   docker VERSION | docker-silent | no-docker
#   stages COUNT              recoveries that were left half way
set -euo pipefail
printf 'clock %s\n' "$(date +%s)"
paths=(/)
for path in /srv /var/lib/docker; do if [ -d "$path" ]; then paths+=("$path"); fi; done
df -Pk -- "${paths[@]}" | awk 'NR > 1 && !seen[$6]++ { print "disk", $6, $4, $2 }'
if ! command -v docker >/dev/null; then
  echo no-docker
elif version=$(timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null); then
  printf 'docker %s\n' "$version"
else
  echo docker-silent
fi
shopt -s nullglob
stages=(/srv/.myc-wf-restore/*/)
printf 'stages %s\n' "${#stages[@]}"
