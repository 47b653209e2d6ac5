# shellcheck shell=bash disable=SC2154
# pull.sh USER ADDRESS PORT FOLDER TOTAL: what is to be taken, a path in each line of standard input, into FOLDER/stage with the
# key in FOLDER (lib/transfer.sh goes before). TOTAL bytes have to be free.
folder=$4 total=$5
take=()
connect "$folder" "$folder" "$1" "$2" "$3"
while IFS= read -r path; do take+=("$server:$path"); done
mkdir -p -- "$folder/stage"
free=$(df --output=avail -B1 -- "$folder/stage" | tail -n 1)
if ((free < total)); then
  echo "$folder has $free bytes free, and $total are needed" >&2
  exit 28
fi
# In place, in a stage nobody reads: after a cut, a kill or a power cut what is there is gone on with.
with_progress data "$total" "${as_it_is[@]}" -R --delete --inplace --exclude='.~tmp~/' "${take[@]}" "$folder/stage/"
find "$folder/stage" -type f -printf '%s\n' | awk '{ files++; bytes += $1 } END { printf "{\"files\":%d,\"bytes\":%d}\n", files, bytes }' >"$MYC_RESULT"
