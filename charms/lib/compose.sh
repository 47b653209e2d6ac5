#!/bin/bash
# compose ACTION SERVICE [ARGUMENT…]: an action of a service's charm, as commands of the host's cron and published charms call
# it; one at a time with all else that changes this host. Installed as /usr/local/bin/compose by `myc-wf start deploy`.
set -euo pipefail

root=/var/lib/myc-wf
case ${1:-} in --debug | -d) shift ;; esac
case ${1:-} in
'' | -*)
	echo "usage: compose ACTION SERVICE [ARGUMENT…]; all else is myc-wf's, on the operator's machine: myc-wf --help" >&2
	exit 2
	;;
up | down | stop | start | restart | create | run | logs | ps | config | ip)
	echo "compose $1: run myc-wf on the operator's machine instead, or docker compose -p myc -f $root/compose/docker-compose.yml $1" >&2
	exit 2
	;;
esac
if [ "$#" -lt 2 ]; then
	echo "usage: compose $1 SERVICE [ARGUMENT…]" >&2
	exit 2
fi
action=$1 service=$2
shift 2

# A job of myc-wf, or an action that calls another one, holds the host already.
if [ -z "${MYC_PROGRESS:-}${MYC_HOLDS_HOST:-}" ]; then
	mkdir -p "$root"
	# Inherited on purpose: the lock is held for as long as anything of the action lives.
	exec 8>>"$root/lock"
	if ! flock -n 8; then
		echo "waiting for the host, held by $(cat "$root/lock")" >&2
		flock 8
	fi
	printf 'compose %s %s\n' "$action" "$service" >"$root/lock"
	export MYC_HOLDS_HOST=yes
fi
exec bash /srv/charm-store/myc/lib/run-action.sh "$service" "$action" "$@"
