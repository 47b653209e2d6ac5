# shellcheck shell=bash
# What a charm's hook may call. Sourced by run-hook.sh, which exports the functions to the hook.
#
#   COMPOSE_OPTIONS    file with the service's options as JSON
#   COMPOSE_FRAGMENTS  folder that takes what the hook adds to docker-compose.yml
#   SERVICE_NAME, HOOK_NAME, DOCKER_BASE_IMAGE, PROJECT_NAME
#
# The words and what they print are those charms of the seed's tool rely on.

debug() { [ -z "${DEBUG:-}" ] || printf 'debug: %s\n' "$*" >&2; }
info() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
err() { printf 'error: %s\n' "$*" >&2; }
error() { err "$@"; return 1; }
die() { err "$@"; exit 1; }

# options-get KEY: the value of an option, `a.b` looks into a mapping. Text as it is, everything else as JSON.
# Returns 1 when the option is not set.
options-get() {
	local value
	if ! value=$(jq -r --arg key "$1" '
		(if has($key) then .[$key] else (try getpath($key / ".") catch null) end)
		| if . == null then error("not set") else . end
		| if type == "string" then . else tojson end' "$COMPOSE_OPTIONS" 2>/dev/null); then
		err "service $SERVICE_NAME: the option '$1' is not set in compose.yml"
		return 1
	fi
	printf '%s\n' "$value"
}

# config-add [YAML]: adds to docker-compose.yml, from its root on. Reads stdin when there is no argument, or it is -.
# shellcheck disable=SC2120 # a hook may pass it, init-config-add pipes
config-add() {
	local number files=("$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_NAME."*.yml)
	[ -e "${files[0]}" ] || files=()
	printf -v number '%03d' "${#files[@]}"
	(
		umask 077
		if [ "${1:--}" != - ]; then printf '%s\n' "$1"; else cat; fi \
			>"$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_NAME.$number.yml"
	)
}

# init-config-add [YAML]: adds to the services of docker-compose.yml, a mapping of service names.
init-config-add() {
	# shellcheck disable=SC2119 # it reads what is piped
	{
		printf 'services:\n'
		if [ "$#" -gt 0 ]; then printf '%s\n' "$1"; else cat; fi | sed 's/^/  /'
	} | config-add -
}

# docker_get_uid SERVICE USER: the number of an account inside the service's image.
docker_get_uid() {
	local image=$DOCKER_BASE_IMAGE container
	if [ "$1" != "$SERVICE_NAME" ]; then
		container=$(docker ps -aq --filter "label=com.docker.compose.project=$PROJECT_NAME" \
			--filter "label=com.docker.compose.service=$1" | head -n 1)
		[ -n "$container" ] || { err "service $1 has no container to ask for the uid of $2"; return 1; }
		image=$(docker inspect -f '{{.Image}}' "$container") || return 1
	fi
	docker run --rm --network none --entrypoint id "$image" -u "$2" </dev/null
}

# get_running_containers_for_service SERVICE: ids, one a line, found by compose's labels.
get_running_containers_for_service() {
	docker ps -q --filter "label=com.docker.compose.project=$PROJECT_NAME" \
		--filter "label=com.docker.compose.service=$1"
}
