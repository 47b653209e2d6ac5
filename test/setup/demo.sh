#!/usr/bin/env bash
# `npm run demo`: the whole chain, live, on hosts in containers. It sets up what it needs, and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MYC_WF_LAB="${MYC_WF_LAB:-demo}"
bash test/setup/node-modules.sh >&2
arguments=()
for argument in "$@"; do [ "$argument" != --yes ] || arguments+=("$argument"); done
bash test/setup/docker.sh "${arguments[@]}" >&2
bash test/setup/build.sh >&2
exec node --import tsx test/demo/main.ts "$@"
