#!/usr/bin/env bash
# Runs hooks of charms, one after the other. Standard input: {"images": {SERVICE: image}, "hooks": [{"text": how people name it,
# "service", "hook", "id", "directory": the charm's, "seconds": for at most so long, "environment": {NAME: text},
# "options": {…}, "targets": {RELATION: [SERVICE]}, "relation": null or {name, base, target, options}}, …]}
# What charms read stays on the host, for root only: services/SERVICE/{options,targets,environment}.json and, of a relation,
# relations/BASE/NAME/TARGET/data.json: its options with what relation-set put over them, until the options change.
# Result: `failed NUMBER` of the hook that did not end well, its own exit code being the job's; else, when it is not too long for a
# result, `fragment NUMBER CONTENT` for each that a hook gave config-add, in base64.
# Run again after a power cut, it goes on behind the last hook that ended well.
set -euo pipefail
root=/var/lib/myc-wf/compose
job=${MYC_PROGRESS%/*}
done_file=$job/hooks-done

umask 077
mkdir -p -- "$root/fragments"
# In no file: it may hold secrets.
input=$(cat)
keep() { # FILE, from standard input; in one step
  cat >"$1.new" && mv -- "$1.new" "$1"
}
of() { # NUMBER FILTER
  jq -r --argjson number "$1" ".hooks[\$number] | $2" <<<"$input"
}
jq .images <<<"$input" | keep "$root/images.json"
export COMPOSE_FRAGMENTS=$root/fragments COMPOSE_IMAGES=$root/images.json COMPOSE_RELATIONS=$root/relations

# Hooks may write without end: of what is over 8 MiB only the end is kept. Perl is on every Debian.
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
exec {out}> >(bounded)
reader=$!

run_hook() { # NUMBER, in a shell of its own: the environment is the hook's
  local service hook id charm seconds folder relation options exit=0
  {
    IFS= read -r -d '' service && IFS= read -r -d '' hook && IFS= read -r -d '' id && IFS= read -r -d '' charm
    IFS= read -r -d '' seconds && IFS= read -r -d '' relation
    while IFS= read -r -d '' assignment; do export "${assignment?}"; done
  } < <(jq -j --argjson number "$1" '.hooks[$number] | .service, .hook, .id, .directory, .seconds,
    (.relation | if . == null then "" else "\(.base)/\(.name)/\(.target)" end),
    (.environment | to_entries[] | "\(.key)=\(.value)") | "\(.)\u0000"' <<<"$input")
  folder=$root/services/$service
  mkdir -p -- "$folder"
  of "$1" .options | keep "$folder/options.json"
  of "$1" .targets | keep "$folder/targets.json"
  export COMPOSE_OPTIONS=$folder/options.json COMPOSE_TARGETS=$folder/targets.json
  if [ -z "$relation" ]; then
    of "$1" .environment | keep "$folder/environment.json"
  else
    relation=$root/relations/$relation
    mkdir -p -- "$relation"
    options=$(jq -S --argjson number "$1" '.hooks[$number].relation.options' <<<"$input")
    if [ ! -f "$relation/data.json" ] || [ "$options" != "$(cat "$relation/options.json" 2>/dev/null)" ]; then
      # The options last: ended in between, it is done again.
      rm -f -- "$relation/options.json"
      keep "$relation/data.json" <<<"$options"
      keep "$relation/options.json" <<<"$options"
    fi
    export RELATION_DATA_FILE=$relation/data.json
  fi
  # Charms count on it: what a service reads has to be readable.
  umask 022
  mkdir -p -- "$SERVICE_DATASTORE" "$SERVICE_CONFIGSTORE"
  SECONDS=0
  timeout --kill-after=10 "$seconds" bash /srv/charm-store/myc/lib/run-hook.sh "$charm" "$hook" "$id" \
    </dev/null >&"$out" 2>&1 {out}>&- || exit=$?
  if ((exit != 0 && SECONDS >= seconds)); then echo "the hook did not end within $seconds s and was stopped" >&"$out"; fi
  return "$exit"
}

settled() { # all of the hooks' words are in the output
  exec {out}>&-
  # What a hook left in the background may hold the pipe open: it is not waited for.
  for _ in {1..50}; do kill -0 "$reader" 2>/dev/null || break; sleep 0.05; done
}

count=$(jq '.hooks | length' <<<"$input")
for ((number = 0; number < count; number++)); do
  text=$(of "$number" .text)
  if grep -qxF -- "$text" "$done_file" 2>/dev/null; then continue; fi
  printf '%s, %d of %d\n' "$text" "$((number + 1))" "$count" >"$MYC_PROGRESS"
  printf '%s\n' "$text" >&"$out"
  exit=0
  # Not `run || exit=$?`: within such a list set -e would not hold.
  set +e
  (set -e; run_hook "$number")
  exit=$?
  set -e
  if ((exit != 0)); then
    settled
    printf 'failed %d\n' "$number" >"$MYC_RESULT"
    exit "$exit"
  fi
  printf '%s\n' "$text" >>"$done_file"
done
settled

shopt -s nullglob
for ((number = 0; number < count; number++)); do
  for file in "$root/fragments/$(of "$number" '"\(.service)@\(.id)"')."*.yml; do
    printf 'fragment %d %s\n' "$number" "$(base64 -w 0 -- "$file")"
  done
done >"$job/fragments"
if [ "$(stat -c %s "$job/fragments")" -le 49152 ]; then cat "$job/fragments" >"$MYC_RESULT"; fi
rm -f "$job/fragments"
