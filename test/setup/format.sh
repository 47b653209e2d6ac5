#!/usr/bin/env bash
# `npm run format`: every file as prettier writes it; names those that were another way.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
npx prettier --write --list-different .
