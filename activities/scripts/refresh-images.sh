#!/usr/bin/env bash
# refresh-images.sh IMAGE…: each as its registry has it now (lib/images.sh goes before). Result: a line `newer IMAGE` or `new IMAGE`
# for each that changed.
# One that cannot be had does not keep the others from it.
set -euo pipefail
id() { docker image inspect --format '{{.Id}}' -- "$1" 2>/dev/null || true; }

# Kept with the job: run again after a reboot, it still tells what was there at first.
before=${MYC_RESULT%/*}/before
if [ ! -f "$before" ]; then
  for image in "$@"; do printf '%s %s\n' "$image" "$(id "$image")"; done >"$before.new"
  mv -- "$before.new" "$before"
fi
failed=0
for image in "$@"; do
  pull_image "$image" || failed=1
done
while read -r image was; do
  now=$(id "$image")
  if [ -z "$now" ] || [ "$now" = "$was" ]; then continue; fi
  if [ -n "$was" ]; then echo "newer $image"; else echo "new $image"; fi
done <"$before" >"$MYC_RESULT"
exit "$failed"
