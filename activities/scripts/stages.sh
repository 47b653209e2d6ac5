#!/usr/bin/env bash
# The folder of an operation's stage is named after it (lib/records.sh goes before).
# stages.sh keys FOLDER: the public keys of the stages beside FOLDER, which no recovery goes on with.
# stages.sh tidy FOLDER: removes these stages; one that had begun to swap may hold what is in no other place, and is kept.
# stages.sh discard FOLDER: removes this one.
set -euo pipefail
shopt -s nullglob
# A recovery that was terminated may still begin: it must not take the stage of the next one for what an earlier one left.
if [ "$1" != discard ]; then require_operation "${2##*/}"; fi
case $1 in
  keys)
    for key in "${2%/*}"/*/id_ed25519.pub; do
      if [ "${key%/*}" != "$2" ]; then cut -d' ' -f1,2 -- "$key"; fi
    done
    ;;
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
