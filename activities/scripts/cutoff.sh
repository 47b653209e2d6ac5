#!/usr/bin/env bash
# cutoff.sh TOLD [PORT…]: these ports, and no others, are cut off for containers. Standard input: cutoff.sh and cutoff.conf of the
# charms' library, a line of base64 each. Result: TOLD, what it changes, for an attempt that comes after it was done.
set -euo pipefail
told=$1
shift
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
for name in cutoff.sh cutoff.conf; do
  IFS= read -r content
  base64 -d <<<"$content" >"$folder/$name"
done
bash "$folder/cutoff.sh" set "$@"
printf '%s\n' "$told" >"$MYC_RESULT"
