#!/bin/bash
# run-hook.sh CHARM_DIRECTORY HOOK [ID]: runs one hook of a charm, in the charm's folder, with the helpers at hand. ID, the
# hook's name when left out, tells apart a relation's hook from that of the next relation.
# What the hook added to docker-compose.yml on an earlier run is dropped first, so a second run adds nothing twice.
set -euo pipefail

charm=$1
export HOOK_NAME=$2 HOOK_ID=${3:-$2}
: "${SERVICE_NAME:?}" "${COMPOSE_OPTIONS:?}" "${COMPOSE_FRAGMENTS:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=charms/lib/helpers.sh
. "$here/helpers.sh"

(umask 077 && mkdir -p "$COMPOSE_FRAGMENTS")
rm -f -- "$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_ID."*.yml
cd "$charm"
exec "./hooks/$HOOK_NAME" </dev/null
