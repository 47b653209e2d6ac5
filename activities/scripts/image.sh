#!/usr/bin/env bash
# Makes an image be on this host (lib/images.sh goes before).
#   image.sh pull IMAGE
#   image.sh await IMAGE          the same, on a host whose Docker is still on its way
#   image.sh build IMAGE FOLDER
# Result: `done` when it was not there.
set -euo pipefail
verb=$1 image=$2

if [ "$verb" = await ]; then await_docker; fi
if docker image inspect -- "$image" >/dev/null 2>&1; then exit 0; fi

case $verb in
  pull | await) pull_image "$image" ;;
  build)
    report_pull "build $image" &
    trap 'kill "$!" 2>/dev/null || true' EXIT
    docker build --tag "$image" -- "$3"
    ;;
  *) echo "usage: image.sh pull|await IMAGE | build IMAGE FOLDER" >&2 && exit 2 ;;
esac
echo 'done' >"$MYC_RESULT"
