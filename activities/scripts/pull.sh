# shellcheck shell=bash disable=SC2154
# pull.sh USER ADDRESS PORT FOLDER TOTAL ROUND: what is to be taken, a path in each line of standard input, into FOLDER/stage with the
# key in FOLDER (lib/transfer.sh goes before). TOTAL bytes have to be free.
folder=$4 total=$5
take=()
escaped() { printf '%s' "${1//[\\*?\[]/\\&}"; }
# Rsync takes a backslash for itself in a pattern that has no wildcard.
pattern() { case $1 in *[*?[]*) escaped "$1" ;; *) printf '%s' "$1" ;; esac; }
connect "$folder" "$folder" "$1" "$2" "$3"
# As filters, since a path that is not there would end the server's side. Anchored at the mirror's root.
while IFS= read -r path; do
  at=
  if [ "$path" = / ]; then take+=('--include=*') && continue; fi
  while IFS= read -r -d / part; do
    at=$at/$part
    take+=("--include=$(pattern "$at")")
  done <<<"${path#/}/"
  take+=("--include=$(escaped "$at")/***")
done
mkdir -p -- "$folder/stage"
free=$(df --output=avail -B1 -- "$folder/stage" | tail -n 1)
there=$(du -sB1 -- "$folder/stage" | cut -f1)
if ((free + there < total)); then
  echo "$folder has $free bytes free, and $((total - there)) more are needed" >&2
  exit 28
fi
# Security attributes grant rights, as setuid does: they do not come back. A path that is gone is found out by the check.
# In place, in a stage nobody reads: after a cut, a kill or a power cut what is there is gone on with.
with_progress data "$total" "${as_it_is[@]}" --delete --inplace \
  --exclude='.~tmp~/' --filter='-x security.*' "${take[@]}" --exclude='*' "$server:/" "$folder/stage/"
# It took the looks of the mirror's own root.
chown 0:0 -- "$folder/stage" && chmod 0700 -- "$folder/stage"
find "$folder/stage" -type f -printf '%s\n' | awk '{ files++; bytes += $1 } END { printf "{\"files\":%d,\"bytes\":%d}\n", files, bytes }' >"$MYC_RESULT"
