#!/usr/bin/env bash
# `npm run bench`: the figures of docs/design.md, as ratios in one run; JSON on stdout, a table on stderr.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MYC_WF_LAB="${MYC_WF_LAB:-bench}"
bash test/setup/node-modules.sh >&2
bash test/setup/build.sh >&2
exec node --import tsx test/bench/main.ts "$@"
