#!/usr/bin/env bash
# Installs the packages of package-lock.json when they are not there yet, or are another lock file's; an `npm ci` that a
# person ran counts.
set -euo pipefail
cd "$(dirname "$0")/../.."
installed=0
node test/setup/installed.mjs || installed=$?
case $installed in
  0) ;;
  1)
    echo "installing npm packages (npm ci)"
    npm ci --no-fund --no-audit --loglevel=error
    ;;
  *) exit "$installed" ;;
esac
