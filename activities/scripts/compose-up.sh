#!/usr/bin/env bash
# compose-up.sh PROJECT all|some [SERVICE…]: docker-compose.yml -> running, healthy services. Standard input:
#   {"digest": of all that is asked for, "compose": text of docker-compose.yml, "images": {SERVICE: image},
#    "services": [{name, options, targets, environment}]}
#   all    starts every service and removes the containers of those that are gone
#   some   starts the named ones
# lib/files.sh, lib/compose.sh and lib/standing.sh go before.
# Result: a line `created|recreated|started|unchanged|removed SERVICE` for each of them.
set -euo pipefail
umask 077
project=$1 extent=$2
shift 2
services=$*
folder=/var/lib/myc-wf/compose
file=$folder/docker-compose.yml
# How long a service may take to become healthy.
timeout=900

mkdir -p "$folder"
# In no file: it may hold secrets.
input=$(cat)
# Whatever goes wrong from here on, the next one begins with a look at all of it.
rm -f -- "$folder/standing"
jq -j .compose <<<"$input" >"$folder/.docker-compose.yml.new"
rendered=$(as_json "$project" "$folder" "$folder/.docker-compose.yml.new")
# Docker mounts by paths, and what a backup brought may hold links: none of them leads a container to the host's own files.
jq -j '.services[]?.volumes[]? | select(.type == "bind") | .source
  | select(startswith("/srv/datastore/")) | "\(.)\u0000"' <<<"$rendered" |
  xargs -0 -r perl /srv/charm-store/myc/lib/files.pl check
mv -- "$folder/.docker-compose.yml.new" "$file"

# What the actions of every service are run with, also of those that have no hook; what is not there any more goes.
keep_services() {
  local path content known=' ' old images
  images=$(jq .images <<<"$input")
  while IFS= read -r -d '' path && IFS= read -r -d '' content; do
    known+="${path%%/*} "
    mkdir -p -- "$folder/services/${path%/*}"
    if [[ $content != "$(cat -- "$folder/services/$path" 2>/dev/null)" ]]; then
      printf '%s\n' "$content" | write_file "$folder/services/$path" 0600
    fi
  done < <(jq -j '.services[] | . as $one | ("options", "targets", "environment")
    | "\($one.name)/\(.).json\u0000\($one[.] | tojson)\u0000"' <<<"$input")
  printf '%s\n' "$images" | write_file "$folder/images.json" 0600
  for old in "$folder"/services/*/; do
    [[ $known == *" $(basename "$old") "* ]] || rm -rf -- "$old"
  done
}
keep_services

containers() { # SERVICE, ID and STATE of each, by compose's labels
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False \
    --format '{{.Label "com.docker.compose.service"}} {{.ID}} {{.State}}' | sort
}

# Kept with the job: run again after a reboot, it still tells what was there at first.
before=${MYC_RESULT%/*}/before
if [ ! -f "$before" ]; then containers >"$before.new" && mv -- "$before.new" "$before"; fi

tell_why() {
  local service id state
  while read -r service id state; do
    state=$(docker inspect --format '{{.State.Status}}{{with .State.Health}}, {{.Status}}{{end}}{{if .RestartCount}}, restarted {{.RestartCount}} times{{end}}' "$id")
    case $state in running | 'running, healthy') continue ;; esac
    printf '%s is %s, exit code %s\n' "$service" "$state" "$(docker inspect --format '{{.State.ExitCode}}' "$id")"
    docker logs --tail 5 "$id" 2>&1 | sed "s/^/$service: /"
  done < <(containers)
}

# A container without a healthcheck counts as up once it has run for a while: one that ends at once is started over and over.
steady() {
  local service id state count started checked asked=() states=() fresh=()
  while read -r service id state; do
    case " $services " in *" $service "*) asked+=("$id") ;; esac
  done <"$before.now"
  [ "${#asked[@]}" -gt 0 ] || return 0
  # .ID and not .Id: with a field that only the JSON has, no other may be left out of it, as Health is here.
  mapfile -t states < <(docker inspect --format '{{.ID}} {{.RestartCount}} {{.State.StartedAt}} {{with .State.Health}}checked{{end}}' "${asked[@]}")
  [ "${#states[@]}" -eq "${#asked[@]}" ] || return 1
  for state in "${states[@]}"; do
    read -r id count started checked <<<"$state"
    if [ -n "$checked" ] || (($(date +%s) - $(date -d "$started" +%s) > 60)); then continue; fi
    if [ "$count" -gt 0 ] || ! grep -q " $id running$" "$before"; then fresh+=("$id $count"); fi
  done
  [ "${#fresh[@]}" -gt 0 ] || return 0
  sleep 3
  for state in "${fresh[@]}"; do
    [ "$(docker inspect --format '{{.Id}} {{.RestartCount}} {{.State.Status}}' "${state% *}")" = "$state running" ] || return 1
  done
}

# All of them run and are healthy; 1 when one of them has ended or is not. As compose's --wait, which looks twice a second: here
# Docker tells when there is something to look at.
await_health() { # SINCE: when they were started, in seconds
  local service id state until=$((SECONDS + timeout)) ids=() names=() states=() waiting events
  while read -r service id state; do
    case " $services " in *" $service "*) ids+=("$id") names+=("$service") ;; esac
  done <"$before.now"
  if [ "${#ids[@]}" -eq 0 ]; then return 0; fi
  exec {events}< <(exec docker events --since "$1" --filter type=container --filter "label=com.docker.compose.project=$project" \
    --filter event=health_status --filter event=die --filter event=start --format '{{.Action}}' </dev/null)
  watcher=$!
  while :; do
    waiting=
    mapfile -t states < <(docker inspect --format '{{.State.Status}}{{with .State.Health}} {{.Status}}{{end}}' -- "${ids[@]}")
    [ "${#states[@]}" -eq "${#ids[@]}" ] || return 1
    for id in "${!ids[@]}"; do
      case ${states[id]} in
        running | 'running healthy') ;;
        exited* | dead* | *' unhealthy') return 1 ;;
        *) waiting+=" ${names[id]}" ;;
      esac
    done
    [ -n "$waiting" ] || return 0
    if ((SECONDS > until)); then return 1; fi
    echo "waiting for$waiting" >"$MYC_PROGRESS"
    # Now and then also without a word of it: those of a Docker that was restarted end.
    read -r -t 2 -u "$events" _ || sleep 0.1
  done
}

echo "starting $# services" >"$MYC_PROGRESS"
if [ "$#" -eq 0 ]; then
  # Compose refuses a file without services; without one it goes by the labels.
  if [ "$extent" = all ]; then compose "$project" / down --remove-orphans; fi
  containers >"$before.now"
else
  orphans=()
  if [ "$extent" = all ]; then orphans=(--remove-orphans); fi
  began=$(date +%s)
  compose "$project" "$folder" -f "$file" up --detach "${orphans[@]}" -- "$@" || { tell_why; exit 1; }
  containers >"$before.now"
  watcher=
  await_health "$began" || { tell_why; exit 1; }
  if [ -n "$watcher" ]; then kill "$watcher" 2>/dev/null || true; fi
fi

steady || { tell_why; exit 1; }
awk -v services="$services" '
  FILENAME == ARGV[1] { was[$1] = was[$1] " " $2; state[$2] = $3; next }
  { is[$1] = is[$1] " " $2; if (!($2 in state)) fresh[$1] = 1; else if (state[$2] != "running") woken[$1] = 1 }
  END {
    count = split(services, names, " ")
    for (i = 1; i <= count; i++) {
      name = names[i]
      if (!(name in is)) continue
      print (!(name in was) ? "created" : name in fresh ? "recreated" : name in woken ? "started" : "unchanged"), name
    }
    for (name in was) if (!(name in is)) print "removed", name
  }' "$before" "$before.now" >"$MYC_RESULT"
if [ "$#" -gt 0 ]; then
  printf '%s %s\n' "$(jq -r .digest <<<"$input")" "$(standing "$project" "$rendered")" >"$folder/standing.new"
  mv -- "$folder/standing.new" "$folder/standing"
fi
