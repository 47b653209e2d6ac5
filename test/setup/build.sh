#!/usr/bin/env bash
# TypeScript to dist/, and beside it what is not TypeScript: the scripts that run on hosts, and the charms.
set -euo pipefail
cd "$(dirname "$0")/../.."
npx tsc -p tsconfig.build.json
