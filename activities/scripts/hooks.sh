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
# In one step, and on the disk before that: what a power cut leaves empty would pass for options that nobody set.
keep() { # FILE TEXT
  if [[ -f $1 && $2 == "$(cat -- "$1")" ]]; then return; fi
  printf '%s\n' "$2" >"$1.new"
  sync -- "$1.new"
  mv -- "$1.new" "$1"
}
images=$(jq .images <<<"$input")
keep "$root/images.json" "$images"
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

# All that is said of the hooks, asked of jq once and not ten times for each: fields that end with NUL, at at[NUMBER] those of one.
mapfile -d '' -t fields < <(jq -j '(.hooks[] | [.text, .service, .hook, .id, .directory, .seconds,
  (.relation | if . == null then "" else "\(.base)/\(.name)/\(.target)" end),
  (.options | tojson), (.targets | tojson), (.environment | tojson), (.environment | length),
  (.environment | to_entries[] | "\(.key)=\(.value)")]
  | .[] | tostring | split("\u0000") | add // ""), "end" | ., "\u0000"' <<<"$input")
[ "${fields[-1]:-}" = end ] || { echo "what was sent of the hooks cannot be read" >&2; exit 65; }
unset 'fields[-1]'
mapfile -d $'\x1e' -t related < <(jq -rS '.hooks[] | .relation.options // {}, "\u001e"' <<<"$input")
at=()
for ((next = 0; next < ${#fields[@]}; next += 11 + variables)); do
  at+=("$next")
  variables=${fields[next + 10]:-}
  [[ $variables =~ ^[0-9]{1,6}$ ]] || { echo "what was sent of the hooks cannot be read" >&2; exit 65; }
done

run_hook() { # NUMBER, in a shell of its own: the environment is the hook's
  local from=${at[$1]} assignment folder relation options exit=0
  local service=${fields[from + 1]} hook=${fields[from + 2]} id=${fields[from + 3]} charm=${fields[from + 4]}
  local seconds=${fields[from + 5]}
  for assignment in "${fields[@]:from+11:fields[from+10]}"; do export "${assignment?}"; done
  folder=$root/services/$service
  mkdir -p -- "$folder"
  keep "$folder/options.json" "${fields[from + 7]}"
  keep "$folder/targets.json" "${fields[from + 8]}"
  export COMPOSE_OPTIONS=$folder/options.json COMPOSE_TARGETS=$folder/targets.json
  relation=${fields[from + 6]}
  if [ -z "$relation" ]; then
    keep "$folder/environment.json" "${fields[from + 9]}"
  else
    relation=$root/relations/$relation
    mkdir -p -- "$relation"
    options=${related[$1]#$'\n'}
    options=${options%$'\n'}
    if [ ! -s "$relation/data.json" ] || [ "$options" != "$(cat "$relation/options.json" 2>/dev/null)" ]; then
      # The options last: ended in between, it is done again.
      rm -f -- "$relation/options.json"
      keep "$relation/data.json" "$options"
      keep "$relation/options.json" "$options"
    fi
    export RELATION_DATA_FILE=$relation/data.json
  fi
  # Charms count on it: what a service reads has to be readable.
  umask 022
  for folder in "$SERVICE_DATASTORE" "$SERVICE_CONFIGSTORE"; do
    FILES_BELOW=${folder%/*/*} perl /srv/charm-store/myc/lib/files.pl folder "$folder"
  done
  SECONDS=0
  timeout --kill-after=10 "$seconds" bash /srv/charm-store/myc/lib/run-hook.sh "$charm" "$hook" "$id" \
    </dev/null >&"$out" 2>&1 {out}>&- || exit=$?
  if ((exit != 0 && SECONDS >= seconds)); then echo "the hook did not end within $seconds s and was stopped" >&"$out"; fi
  return "$exit"
}

settled() { # all of the hooks' words are in the output
  exec {out}>&-
  # What a hook left in the background may hold the pipe open: it is not waited for.
  for _ in {1..250}; do kill -0 "$reader" 2>/dev/null || break; sleep 0.01; done
}

count=${#at[@]}
for ((number = 0; number < count; number++)); do
  text=${fields[at[number]]}
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
  for file in "$root/fragments/${fields[at[number] + 1]}@${fields[at[number] + 3]}."*.yml; do
    printf 'fragment %d %s\n' "$number" "$(base64 -w 0 -- "$file")"
  done
done >"$job/fragments"
if [ "$(stat -c %s "$job/fragments")" -le 49152 ]; then cat "$job/fragments" >"$MYC_RESULT"; fi
rm -f "$job/fragments"
