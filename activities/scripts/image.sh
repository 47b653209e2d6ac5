#!/usr/bin/env bash
# Makes an image be on this host.
#   image.sh pull IMAGE
#   image.sh build IMAGE FOLDER
# Result: `done` when it was not there.
set -euo pipefail
verb=$1 image=$2

if docker image inspect -- "$image" >/dev/null 2>&1; then exit 0; fi

# A large layer prints nothing for long: what has arrived of it shows that it moves.
report() {
  while sleep 1; do
    printf '%s %s %s\n' "$verb" "$image" "$(du -sb /var/lib/docker/tmp 2>/dev/null | cut -f1)" >"$MYC_PROGRESS"
  done
}
report &
reporting=$!
trap 'kill "$reporting" 2>/dev/null || true' EXIT

case $verb in
  pull) docker pull -- "$image" ;;
  build) docker build --tag "$image" -- "$3" ;;
  *) echo "usage: image.sh pull IMAGE | build IMAGE FOLDER" >&2 && exit 2 ;;
esac
echo 'done' >"$MYC_RESULT"
