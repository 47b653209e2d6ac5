#!/usr/bin/env bash
# stages.sh tidy FOLDER: removes the stages beside FOLDER that no recovery goes on with, unless it had begun to swap.
# stages.sh discard FOLDER: removes this one.
set -euo pipefail
shopt -s nullglob
case $1 in
  tidy)
    for stage in "${2%/*}"/*/; do
      stage=${stage%/}
      if [ "$stage" != "$2" ] && [ ! -e "$stage/swapping" ]; then rm -rf -- "$stage"; fi
    done
    ;;
  discard)
    rm -rf -- "$2"
    rmdir -- "${2%/*}" 2>/dev/null || true
    ;;
  *) echo "stages.sh: unknown command $1" >&2 && exit 64 ;;
esac
