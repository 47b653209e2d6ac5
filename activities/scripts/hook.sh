#!/usr/bin/env bash
# hook.sh SERVICE HOOK CHARM_DIRECTORY: runs a charm's hook; standard input: {"environment": {NAME: text}, "options": {…}}.
# The service's options and environment stay on the host, for root only: actions read them later.
set -euo pipefail
service=$1 hook=$2 charm=$3
root=/var/lib/myc-wf/compose
folder=$root/services/$service

umask 077
mkdir -p -- "$folder" "$root/fragments"
cat >"$folder/.input"
jq .options "$folder/.input" >"$folder/.options" && mv -- "$folder/.options" "$folder/options.json"
jq .environment "$folder/.input" >"$folder/.environment" && mv -- "$folder/.environment" "$folder/environment.json"
rm -f -- "$folder/.input"

while IFS= read -r -d '' assignment; do export "${assignment?}"; done \
  < <(jq -j 'to_entries[] | "\(.key)=\(.value)\u0000"' "$folder/environment.json")
export COMPOSE_OPTIONS=$folder/options.json COMPOSE_FRAGMENTS=$root/fragments
echo "$hook of $service" >"$MYC_PROGRESS"
# Charms count on it: what a service reads has to be readable.
umask 022
mkdir -p -- "$SERVICE_DATASTORE" "$SERVICE_CONFIGSTORE"
exec bash /srv/charm-store/myc/lib/run-hook.sh "$charm" "$hook"
