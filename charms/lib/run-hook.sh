#!/bin/bash
# run-hook.sh CHARM_DIRECTORY HOOK: runs one hook of a charm, in the charm's folder, with the helpers at hand.
# What the hook added to docker-compose.yml on an earlier run is dropped first, so a second run adds nothing twice.
set -euo pipefail

charm=$1
export HOOK_NAME=$2
: "${SERVICE_NAME:?}" "${COMPOSE_OPTIONS:?}" "${COMPOSE_FRAGMENTS:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=charms/lib/helpers.sh
. "$here/helpers.sh"
export -f debug info warn err error die options-get config-add init-config-add docker_get_uid \
	get_running_containers_for_service

(umask 077 && mkdir -p "$COMPOSE_FRAGMENTS")
rm -f -- "$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_NAME."*.yml
cd "$charm"
exec "./hooks/$HOOK_NAME" </dev/null
