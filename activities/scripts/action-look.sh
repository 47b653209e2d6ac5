#!/usr/bin/env bash
# What a host says of the actions of a service; only files of actions that nobody came for within a day go. A line each:
#   services NAME…                             what was brought up here
#   charm NAME; metadata CONTENT; action NAME hooks|no-hooks     of the service, when it is one of them
set -euo pipefail
shopt -s nullglob
root=/var/lib/myc-wf
service=$1
find "$root/streams" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} + 2>/dev/null || true

cd "$root/compose/services" 2>/dev/null || { echo 'services'; exit 0; }
printf 'services %s\n' "$(printf '%s ' */ | tr -d /)"
file=$service/environment.json
[[ $service =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$ && -f $file ]] || exit 0
charm=$(jq -r .CHARM_PATH "$file")
printf 'charm %s\n' "$(jq -r .CHARM_NAME "$file")"
if [ -f "$charm/metadata.yml" ]; then printf 'metadata %s\n' "$(head -c 1048577 "$charm/metadata.yml" | base64 -w 0)"; fi
for action in "$charm"/actions/*; do
  [ -x "$action" ] || continue
  if head -n 20 "$action" | grep -qiE '^#+ *compose: *no-hooks'; then hooks=no-hooks; else hooks=hooks; fi
  printf 'action %s %s\n' "${action##*/}" "$hooks"
done
