# shellcheck shell=bash
# What a charm's hooks and actions may call. Sourced by run-hook.sh and run-action.sh; the functions are exported.
#
#   COMPOSE_OPTIONS    file with the service's options as JSON
#   COMPOSE_FRAGMENTS  folder that takes what the hook adds to docker-compose.yml
#   COMPOSE_RELATIONS  folder of what relations hold, BASE/RELATION/TARGET/data.json; RELATION_DATA_FILE is the hook's own
#   COMPOSE_IMAGES     file with the image of each service as JSON
#   COMPOSE_TARGETS    file with the services that this one has relations to, {RELATION: [SERVICE…]}, as JSON
#   SERVICE_NAME, HOOK_NAME, HOOK_ID, DOCKER_BASE_IMAGE, PROJECT_NAME
#
# The words and what they print are those charms of the seed's tool rely on.

# debug TEXT: a line on stderr when DEBUG is set.
debug() { [ -z "${DEBUG:-}" ] || printf 'debug: %s\n' "$*" >&2; }
# info TEXT: a line on stderr.
info() { printf '%s\n' "$*" >&2; }
# warn TEXT: a line on stderr that begins with "warning:".
warn() { printf 'warning: %s\n' "$*" >&2; }
# err TEXT: a line on stderr that begins with "error:".
err() { printf 'error: %s\n' "$*" >&2; }
# error TEXT: the same, and returns 1.
error() { err "$@"; return 1; }
# die TEXT: the same, and ends the hook with exit code 1.
die() { err "$@"; exit 1; }

# json_value FILE KEY: text as it is, everything else as JSON; `a.b` looks into a mapping. Returns 1 when it is not there.
json_value() {
	jq -r --arg key "$2" '
		(if has($key) then .[$key] else (try getpath($key / ".") catch null) end)
		| if . == null then error("not set") else . end
		| if type == "string" then . else tojson end' "$1" 2>/dev/null
}

# options-get KEY: the value of an option of the service.
options-get() {
	json_value "$COMPOSE_OPTIONS" "$1" && return
	err "service $SERVICE_NAME: the option '$1' is not set in compose.yml"
	return 1
}

# relation-get KEY: what compose.yml, the charm's defaults or the other side say of this relation.
relation-get() {
	if [ -z "${RELATION_DATA_FILE:-}" ]; then err "relation-get works in the hooks of a relation only"; return 1; fi
	json_value "$RELATION_DATA_FILE" "$1" && return
	err "the relation $RELATION_NAME of $BASE_SERVICE_NAME to $TARGET_SERVICE_NAME has no '$1'"
	return 1
}

# relation-set KEY VALUE, or KEY=VALUE: tells the other side; kept until the relation's options change.
relation-set() {
	local key=$1 value
	if [ -z "${RELATION_DATA_FILE:-}" ]; then err "relation-set works in the hooks of a relation only"; return 1; fi
	if [ "$#" -gt 1 ]; then
		value=$2
	elif [[ $1 == *=* ]]; then
		key=${1%%=*} value=${1#*=}
	else
		err "relation-set $1: there is no value"
		return 1
	fi
	# On standard input: a password is in no list of processes.
	(
		umask 077
		printf '%s' "$value" | jq -R -s --arg key "$key" --slurpfile data "$RELATION_DATA_FILE" \
			'. as $value | $data[0] + {($key): $value}' >"$RELATION_DATA_FILE.new" && mv -- "$RELATION_DATA_FILE.new" "$RELATION_DATA_FILE"
	)
}

# relation:get SERVICE:RELATION KEY: the same of another relation, that the service has, or that this one has to it.
relation:get() {
	local service=${1%%:*} relation=${1#*:} file
	for file in "$COMPOSE_RELATIONS/$service/$relation"/*/data.json \
		"$COMPOSE_RELATIONS/$SERVICE_NAME/$relation/$service/data.json" \
		"$COMPOSE_RELATIONS"/*/"$relation/$service/data.json"; do
		if [ -f "$file" ]; then json_value "$file" "$2" && return; fi
	done
	err "no relation $relation of $service has '$2'"
	return 1
}

# relation-targets RELATION: the services that this one has such a relation to now, one a line.
relation-targets() { jq -r --arg relation "$1" '.[$relation] // [] | .[]' "$COMPOSE_TARGETS"; }

# password-file NAME [OWNER]: the file with a password of the service's own, made at the first call. With OWNER (a number) only
# that account reads it. It is on the disk before it is told: a database made with it would else outlive it.
password-file() {
	local file=$SERVICE_DATASTORE/.compose/password/$1 said
	said=$(_files secret "$file" "${2:-}") || return 1
	if [ -n "$said" ]; then info "made the password $1 of $SERVICE_NAME"; fi
	printf '%s\n' "$file"
}

# config-add [YAML]: adds to docker-compose.yml, from its root on. Reads stdin when there is no argument, or it is -.
# shellcheck disable=SC2120 # a hook may pass it, init-config-add pipes
config-add() {
	local number files=("$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_ID."*.yml)
	[ -e "${files[0]}" ] || files=()
	printf -v number '%03d' "${#files[@]}"
	(
		umask 077
		if [ "${1:--}" != - ]; then printf '%s\n' "$1"; else cat; fi \
			>"$COMPOSE_FRAGMENTS/$SERVICE_NAME@$HOOK_ID.$number.yml"
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

# LAYERS (of an unpacked image, the uppermost first, between colons): its /etc/passwd, where it is a file, reached through no link.
_passwd_of() {
	local layer upper_first
	IFS=: read -r -a upper_first <<<"$1"
	for layer in "${upper_first[@]}"; do
		if [[ $layer != /* || -L $layer/etc ]]; then return 1; fi
		if [ ! -e "$layer/etc" ]; then continue; fi
		if [ ! -d "$layer/etc" ] || [ -L "$layer/etc/passwd" ]; then return 1; fi
		if [ -f "$layer/etc/passwd" ]; then cat -- "$layer/etc/passwd" && return; fi
		# What a layer takes away stands in it as a device.
		if [ -e "$layer/etc/passwd" ]; then return 1; fi
	done
	return 1
}

# The same out of a container, which does not run.
_passwd_in() { # IMAGE
	local container
	container=$(docker create --network none --entrypoint id "$1" </dev/null) || return
	docker cp --follow-link "$container:/etc/passwd" - 2>/dev/null | tar -xO 2>/dev/null || true
	docker rm --volumes "$container" >/dev/null
}

# docker_get_uid SERVICE USER: the number of an account inside the service's image.
docker_get_uid() {
	local image=$DOCKER_BASE_IMAGE digest='' layers='' known='' accounts uid
	if [ "$1" != "$SERVICE_NAME" ] && ! image=$(json_value "$COMPOSE_IMAGES" "$1"); then
		err "service $1 has no image to ask for the uid of $2"
		return 1
	fi
	# An image of one digest never says another number.
	read -r digest layers < <(docker image inspect \
		--format '{{.Id}} {{index .GraphDriver.Data "UpperDir"}}:{{index .GraphDriver.Data "LowerDir"}}' -- "$image" 2>/dev/null) || true
	if [[ -n ${COMPOSE_IMAGES:-} && $digest =~ ^sha256:[0-9a-f]{64}$ && $2 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$ ]]; then
		known=${COMPOSE_IMAGES%/*}/uids/${digest#sha256:}.$2
		if [ -s "$known" ]; then cat -- "$known" && return; fi
	fi
	# Out of the image's own list; to run it, since it may know accounts in other ways, takes longer than most hooks.
	accounts=$(_passwd_of "$layers") || accounts=$(_passwd_in "$image") || return
	uid=$(awk -F: -v user="$2" '$1 == user && $3 ~ /^[0-9]+$/ { print $3; exit }' <<<"$accounts")
	[ -n "$uid" ] || uid=$(docker run --rm --network none --entrypoint id "$image" -u "$2" </dev/null) || return
	if [[ -n $known && $uid =~ ^[0-9]+$ ]]; then
		mkdir -p -- "${known%/*}" && printf '%s\n' "$uid" >"$known.new" && mv -- "$known.new" "$known"
	fi
	printf '%s\n' "$uid"
}

# docker_image_export_dir IMAGE SOURCE DESTINATION: a file or folder out of an image, as docker cp puts it.
docker_image_export_dir() {
	local container code=0
	# Docker writes through links.
	if [[ $3 == /* ]]; then refuse-links "$3" || return 1; fi
	container=$(docker create "$1" true) || return 1
	docker cp "$container:$2" "$3" || code=$?
	docker rm -f "$container" >/dev/null
	return "$code"
}

# get_running_containers_for_service SERVICE: ids, one a line, found by compose's labels.
get_running_containers_for_service() {
	docker ps -q --filter "label=com.docker.compose.project=$PROJECT_NAME" \
		--filter "label=com.docker.compose.service=$1"
}

# cut-off PORT…: containers of this host do not reach these ports outside from here on, also after a reboot, until
# `myc-wf start cutoff HOST --lift`. Returns 1 when the rules do not hold.
cut-off() { bash "$CHARM_LIBRARY/cutoff.sh" add "$@" && return; err "the ports $* cannot be cut off"; return 1; }

CHARM_LIBRARY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CHARM_LIBRARY
# shellcheck source=charms/lib/files.sh
. "$CHARM_LIBRARY/files.sh"
export -f debug info warn err error die options-get relation-get relation-set relation:get relation-targets password-file \
	config-add init-config-add docker_get_uid docker_image_export_dir get_running_containers_for_service cut-off json_value
# Parts of the above, which run in the hooks' own shells too.
export -f _passwd_of _passwd_in
