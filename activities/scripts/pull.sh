# shellcheck shell=bash disable=SC2154
# pull.sh USER ADDRESS PORT FOLDER TOTAL ROUND: what is to be taken, a path in each line of standard input, into FOLDER/stage with the
# key in FOLDER (lib/transfer.sh goes before). TOTAL bytes have to be free.
folder=$4 total=$5
take=()
connect "$folder" "$folder" "$1" "$2" "$3"
while IFS= read -r path; do take+=("$server:$path"); done
mkdir -p -- "$folder/stage"
free=$(df --output=avail -B1 -- "$folder/stage" | tail -n 1)
there=$(du -sB1 -- "$folder/stage" | cut -f1)
if ((free + there < total)); then
  echo "$folder has $free bytes free, and $((total - there)) more are needed" >&2
  exit 28
fi
# Security attributes grant rights, as setuid does: they do not come back. A path that is gone is found out by the check.
# In place, in a stage nobody reads: after a cut, a kill or a power cut what is there is gone on with.
with_progress data "$total" "${as_it_is[@]}" -R --delete --inplace --ignore-missing-args \
  --exclude='.~tmp~/' --filter='-x security.*' "${take[@]}" "$folder/stage/"
find "$folder/stage" -type f -printf '%s\n' | awk '{ files++; bytes += $1 } END { printf "{\"files\":%d,\"bytes\":%d}\n", files, bytes }' >"$MYC_RESULT"
