#!/usr/bin/env bash
# `npm test`: sets up what the tests need, lints, builds, and runs every test; ends with one plain line of counts.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
bash test/setup/packages.sh "$@" shellcheck=shellcheck jq=jq sshd=openssh-server ssh=openssh-client rsync=rsync python3=python3
bash test/setup/lint.sh "$@"
bash test/setup/build.sh
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" || status=$?
node test/setup/count.mjs "$report"
exit "$status"
