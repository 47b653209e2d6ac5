#!/usr/bin/env bash
# stream.sh WORD FOLDER […]: files that go to an action or come from it, for root only, past Temporal.
#   put FOLDER               standard input -> FOLDER/input.part
#   seal FOLDER BYTES SHA256 input.part is whole -> FOLDER/input; 65 when it is not
#   get FOLDER               FOLDER/output on standard output
#   drop FOLDER              the folder is gone
set -euo pipefail
umask 077
word=$1 folder=$2
case $word in
  put)
    mkdir -p -- "$folder"
    cat >"$folder/input.part"
    ;;
  seal)
    if [[ $(stat -c %s -- "$folder/input.part") != "$3" || $(sha256sum <"$folder/input.part") != "$4 "* ]]; then
      echo 'not all of it arrived' >&2
      exit 65
    fi
    sync -- "$folder/input.part"
    mv -- "$folder/input.part" "$folder/input"
    ;;
  get) cat -- "$folder/output" ;;
  drop) rm -rf -- "$folder" ;;
  *) exit 64 ;;
esac
