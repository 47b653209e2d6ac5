#!/usr/bin/env bash
# hook.sh SERVICE HOOK ID CHARM_DIRECTORY SECONDS: runs a charm's hook, for at most so long. Standard input:
#   {"environment": {NAME: text}, "options": {…}, "images": {SERVICE: image}, "targets": {RELATION: [SERVICE]},
#   "relation": null or {name, base, target, options}}
# What charms read stays on the host, for root only: services/SERVICE/{options,targets,environment}.json and, of a relation,
# relations/BASE/NAME/TARGET/data.json: its options with what relation-set put over them, until the options change.
# Result: what the hook gave config-add, a line of base64 each, when it is not too long for a result.
set -euo pipefail
service=$1 hook=$2 id=$3 charm=$4 seconds=$5
root=/var/lib/myc-wf/compose
folder=$root/services/$service
job=${MYC_PROGRESS%/*}

umask 077
mkdir -p -- "$folder" "$root/fragments"
# In no file: it may hold secrets.
input=$(cat)
keep() { # FILE, from standard input; in one step
  cat >"$1.new" && mv -- "$1.new" "$1"
}
jq .options <<<"$input" | keep "$folder/options.json"
jq .targets <<<"$input" | keep "$folder/targets.json"
jq .images <<<"$input" | keep "$root/images.json"

while IFS= read -r -d '' assignment; do export "${assignment?}"; done \
  < <(jq -j '.environment | to_entries[] | "\(.key)=\(.value)\u0000"' <<<"$input")
export COMPOSE_OPTIONS=$folder/options.json COMPOSE_FRAGMENTS=$root/fragments COMPOSE_IMAGES=$root/images.json
export COMPOSE_RELATIONS=$root/relations COMPOSE_TARGETS=$folder/targets.json

if jq -e '.relation == null' <<<"$input" >/dev/null; then
  jq .environment <<<"$input" | keep "$folder/environment.json"
else
  relation=$root/relations/$(jq -r '.relation | "\(.base)/\(.name)/\(.target)"' <<<"$input")
  mkdir -p -- "$relation"
  options=$(jq -S .relation.options <<<"$input")
  if [ ! -f "$relation/data.json" ] || [ "$options" != "$(cat "$relation/options.json" 2>/dev/null)" ]; then
    # The options last: ended in between, it is done again.
    rm -f -- "$relation/options.json"
    keep "$relation/data.json" <<<"$options"
    keep "$relation/options.json" <<<"$options"
  fi
  export RELATION_DATA_FILE=$relation/data.json
fi

# A hook may write without end: of what is over 8 MiB only the end is kept. Perl is on every Debian.
bounded() {
  perl -e '
    my ($file, $size, $chunk) = ($ARGV[0], 0);
    while (sysread(STDIN, $chunk, 65536)) {
      syswrite(STDOUT, $chunk);
      $size += length $chunk;
      next if $size <= 8388608;
      open(my $output, "+<", $file) or next;
      sysseek($output, -1048576, 2);
      my ($end, $part) = ("what came before is left out\n", "");
      $end .= $part while sysread($output, $part, 65536);
      truncate($output, 0);
      sysseek($output, 0, 0);
      syswrite($output, $end);
      $size = length $end;
    }' "$job/output"
}

echo "$hook of $service" >"$MYC_PROGRESS"
# Charms count on it: what a service reads has to be readable.
umask 022
mkdir -p -- "$SERVICE_DATASTORE" "$SERVICE_CONFIGSTORE"
exec {out}> >(bounded)
reader=$! exit=0 SECONDS=0
timeout --kill-after=10 "$seconds" bash /srv/charm-store/myc/lib/run-hook.sh "$charm" "$hook" "$id" >&"$out" 2>&1 || exit=$?
exec {out}>&-
# What the hook left in the background may hold the pipe open: it is not waited for.
for _ in {1..50}; do kill -0 "$reader" 2>/dev/null || break; sleep 0.05; done
if ((exit != 0 && SECONDS >= seconds)); then echo "the hook did not end within $seconds s and was stopped"; fi
[ "$exit" = 0 ] || exit "$exit"

shopt -s nullglob
for file in "$root/fragments/$service@$id."*.yml; do base64 -w 0 -- "$file" && echo; done >"$job/fragments"
if [ "$(stat -c %s "$job/fragments")" -le 49152 ]; then cat "$job/fragments" >"$MYC_RESULT"; fi
rm -f "$job/fragments"
