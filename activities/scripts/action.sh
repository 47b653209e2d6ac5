#!/usr/bin/env bash
# action.sh SERVICE ACTION INPUT OUTPUT [ARGUMENT…]: runs an action of a service's charm, its standard input the file INPUT (-:
# none), its standard output the file OUTPUT, for root only, which is there once the action ended well. Standard error is the
# job's. Run again it begins anew. Result: {"bytes": N, "sha256": …} of OUTPUT.
set -euo pipefail
umask 077
service=$1 action=$2 input=$3 output=$4
shift 4
[ "$input" != - ] || input=/dev/null
[ -r "$input" ] || { echo "the file $input is not there" >&2; exit 66; }
mkdir -p -- "${output%/*}"
# For root only, also when the file is to stand beside others.
part=$output.part
rm -f -- "$part" "$output"
echo "$action of $service" >"$MYC_PROGRESS"

umask 022
exec {out}> >(umask 077 && cat >"$part")
writer=$! exit=0
bash /srv/charm-store/myc/lib/run-action.sh "$service" "$action" "$@" <"$input" >&"$out" &
runner=$!
exec {out}>&-
# What it has written so far is movement: a stalled action is told from a slow one by it.
while kill -0 "$runner" 2>/dev/null; do
  read -r said _ <"$MYC_PROGRESS" || said=
  if [[ $said == "$action" ]]; then printf '%s of %s %s\n' "$action" "$service" "$(stat -c %s -- "$part" 2>/dev/null || echo 0)" >"$MYC_PROGRESS"; fi
  sleep 0.2
done
wait "$runner" || exit=$?
# What the action left in the background may hold the pipe open: it is not waited for.
for _ in {1..100}; do kill -0 "$writer" 2>/dev/null || break; sleep 0.05; done
if [ "$exit" != 0 ]; then
  rm -f -- "$part"
  if [[ $output == /var/lib/myc-wf/streams/* ]]; then rmdir -- "${output%/*}" 2>/dev/null || true; fi
  exit "$exit"
fi
sync -- "$part"
mv -- "$part" "$output"
jq -nc --argjson bytes "$(stat -c %s -- "$output")" --arg sha256 "$(sha256sum <"$output" | cut -d' ' -f1)" \
  '{bytes: $bytes, sha256: $sha256}' >"$MYC_RESULT"
