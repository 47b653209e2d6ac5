#!/usr/bin/env bash
# compose-action.sh PROJECT down|stop|start|restart|create [SERVICE…]: what docker compose does, with the docker-compose.yml
# that the last `up` wrote. Result: a line `removed|stopped|started|restarted|created|recreated SERVICE` for each that changed.
set -euo pipefail
project=$1 action=$2
shift 2
folder=/var/lib/myc-wf/compose
file=$folder/docker-compose.yml

containers() { # SERVICE, ID, whether it runs, and since when
  local ids
  mapfile -t ids < <(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False)
  [ "${#ids[@]}" -gt 0 ] || return 0
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.Running}} {{.State.StartedAt}}' \
    "${ids[@]}" | sort
}

# Kept with the job: run again after a reboot, it still tells what was there at first.
before=${MYC_RESULT%/*}/before
if [ ! -f "$before" ]; then containers >"$before.new" && mv -- "$before.new" "$before"; fi

options=()
case $action in
  down) options=(--remove-orphans) ;;
  stop | start | restart | create) ;;
  *) echo "no action of compose: $action" >&2 && exit 2 ;;
esac
if [ -f "$file" ]; then set -- --file "$file" "$action" "${options[@]}" -- "$@"; else set -- "$action" "${options[@]}"; fi
echo "$action" >"$MYC_PROGRESS"
compose "$project" "$folder" "$@"

containers >"$before.now"
awk '
  FILENAME == ARGV[1] { was[$1] = 1; state[$2] = $3; since[$2] = $4; next }
  { is[$1] = 1
    if (!($2 in state)) told[$1] = ($1 in was) ? "recreated" : "created"
    else if (state[$2] == "true" && $3 == "false") told[$1] = "stopped"
    else if (state[$2] == "false" && $3 == "true") told[$1] = "started"
    else if ($3 == "true" && since[$2] != $4) told[$1] = "restarted" }
  END {
    for (name in told) print told[name], name
    for (name in was) if (!(name in is)) print "removed", name
  }' "$before" "$before.now" | sort -k 2 >"$MYC_RESULT"
