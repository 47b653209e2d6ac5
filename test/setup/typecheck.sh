#!/usr/bin/env bash
# `npm run typecheck`: what the compiler says, and no file written.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
npx tsc -p tsconfig.json --noEmit
