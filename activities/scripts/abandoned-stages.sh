#!/usr/bin/env bash
# abandoned-stages.sh FOLDER: removes the stages beside FOLDER that no recovery goes on with, unless it had begun to swap.
set -euo pipefail
shopt -s nullglob
for stage in "${1%/*}"/*/; do
  stage=${stage%/}
  if [ "$stage" != "$1" ] && [ ! -e "$stage/swapping" ]; then rm -rf -- "$stage"; fi
done
