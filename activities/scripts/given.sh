#!/usr/bin/env bash
# given.sh OPERATION: what `start up` was given with --file and --add-compose-content, for that operation only. Standard
# input: compose.yml and what is added to it, a line of base64 each, `-` for none. It may hold secrets: it goes past Temporal,
# and is kept for a week, for an operation that waits; then as long as the records of its jobs, whose output may say a secret
# that is known by it alone (services-look.sh). lib/files.sh goes before.
set -euo pipefail
umask 077
root=/var/lib/myc-wf/given
folder=$root/$1
mkdir -p -- "$folder"
while IFS= read -r -d '' old; do
  if ! compgen -G "${root%/*}/jobs/${old##*/}.*" >/dev/null; then rm -rf -- "$old"; fi
done < <(find "$root" -mindepth 1 -maxdepth 1 -mtime +7 -print0)
for name in compose.yml added.yml; do
  IFS= read -r content
  [ "$content" != - ] || continue
  # An empty compose.yml, after a power cut, would mean a host without services.
  base64 -d <<<"$content" | write_file "$folder/$name" 0600
done
