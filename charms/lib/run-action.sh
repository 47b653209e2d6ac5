#!/bin/bash
# run-action.sh SERVICE ACTION [ARGUMENT…]: an action of a service's charm, in the charm's folder, with the helpers and the
# environment that `up` left. Standard input and output are the action's own. With MYC_KIND=dumps it is one of the charm's dumps/.
set -euo pipefail

service=$1 action=$2 kind=${MYC_KIND:-actions}
shift 2
root=${COMPOSE_ROOT:-/var/lib/myc-wf/compose}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=charms/lib/helpers.sh
. "$here/helpers.sh"

name='^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
folder=$root/services/$service
if ! [[ $service =~ $name && -f $folder/environment.json ]]; then
	err "no service '$service' was brought up on this host; there are: $(cd "$root/services" 2>/dev/null && echo *)"
	exit 2
fi
while IFS= read -r -d '' assignment; do export "${assignment?}"; done \
	< <(jq -j 'to_entries[] | "\(.key)=\(.value)\u0000"' "$folder/environment.json")
export COMPOSE_OPTIONS=$folder/options.json COMPOSE_TARGETS=$folder/targets.json COMPOSE_IMAGES=$root/images.json
export COMPOSE_RELATIONS=$root/relations ACTION_NAME=$action
if ! [[ $action =~ $name && -x $CHARM_PATH/$kind/$action ]]; then
	err "the charm $CHARM_NAME of $service has no ${kind%s} '$action'; it has: $(cd "$CHARM_PATH/$kind" 2>/dev/null && echo * || echo none)"
	exit 2
fi
cd "$CHARM_PATH"
exec "./$kind/$action" "$@"
