#!/usr/bin/env bash
# compose-config.sh PROJECT: what docker compose makes of the docker-compose.yml on standard input, as JSON; changes nothing.
# It is rendered as `up` renders it, in the same folder and with the same environment.
set -euo pipefail
umask 077
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# A file of its own, since compose may read it more than once.
cat >"$work/docker-compose.yml"
as_json "$1" /var/lib/myc-wf/compose "$work/docker-compose.yml"
