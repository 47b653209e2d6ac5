#!/usr/bin/env bash
# `npm run lab -- up|down|status|…`: a fleet of bare Debian hosts in containers on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh >&2
case "${1:-}" in up | create | images) bash test/setup/docker.sh "$@" >&2 ;; esac
exec node_modules/.bin/tsx test/lab/main.ts "$@"
