#!/usr/bin/env bash
# services-state.sh PROJECT: the services that `up` wrote down, and their containers; changes nothing.
#   service NAME          of docker-compose.yml, those that run once too
#   container NAME STATE  running, exited, created …
set -euo pipefail
project=$1
folder=/var/lib/myc-wf/compose
command -v docker >/dev/null || exit 0
if [ -f "$folder/docker-compose.yml" ]; then
  compose "$project" "$folder" --file "$folder/docker-compose.yml" --profile run-once config --services | sort | sed 's/^/service /'
fi
docker ps --all --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False \
  --format 'container {{.Label "com.docker.compose.service"}} {{.State}}' | sort
