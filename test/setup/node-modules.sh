#!/usr/bin/env bash
# Installs the packages of package-lock.json when they are not there yet, or are another lock file's.
set -euo pipefail
cd "$(dirname "$0")/../.."
wanted=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.myc-wf-lock 2>/dev/null || true)" != "$wanted" ]; then
  echo "installing npm packages (npm ci)"
  npm ci --no-fund --no-audit --loglevel=error
  echo "$wanted" >node_modules/.myc-wf-lock
fi
