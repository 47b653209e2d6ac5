# shellcheck shell=bash disable=SC2154
# mirror.sh USER ADDRESS PORT yes|no ROUND: pushes the mirror (lib/transfer.sh and lib/mirror.sh go before).
# `no` stops with exit code 20 where many files would be deleted; the result tells how many.
may_delete=$4

number() { sed -n "s/^$1: \([0-9]*\).*/\1/p" <<<"$stats"; }

mkdir -p -- "$backup/dumps"
# What the last backup had and is gone now is as good as emptied; what was never there is left out.
for dir in "${gone[@]}"; do
  if [ "$may_delete" = no ] && jq -e --arg dir "$dir" '.directories | index($dir)' "$backup/manifest.json" >/dev/null 2>&1; then
    jq -cn --arg dir "$dir" '{gone: $dir}' >"$MYC_RESULT"
    exit 20
  fi
done
progress 'comparing'
stats=$(mirror transfer --dry-run --stats)
files=$(number 'Number of files') deleted=$(number 'Number of deleted files') created=$(number 'Number of created files')
[[ $files =~ ^[0-9]+$ && $deleted =~ ^[0-9]+$ && $created =~ ^[0-9]+$ ]] || { echo 'rsync does not say how many files there are' >&2; exit 1; }
there=$((files - created + deleted))
# A handful is never asked about: in a small mirror that would be every day.
if [ "$may_delete" = no ] && ((deleted > 5 && deleted * 10 > there)); then
  jq -cn --argjson deleted "$deleted" --argjson of "$there" '{deleted: $deleted, of: $of}' >"$MYC_RESULT"
  exit 20
fi
scan pushed
mirror with_progress mirror "$(number 'Total transferred file size')"
jq -cn --argjson files "$files" --argjson bytes "$(number 'Total file size')" \
  --argjson sent "$(number 'Total transferred file size')" --argjson deleted "$deleted" \
  '{files: $files, bytes: $bytes, sent: $sent, deleted: $deleted}' >"$MYC_RESULT"
