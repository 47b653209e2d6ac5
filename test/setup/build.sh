#!/usr/bin/env bash
# TypeScript to dist/, beside it the scripts that run on hosts and the charms, and the workflows in one bundle.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
wanted=$(git ls-files -co --exclude-standard -- client workflows activities worker charms '*.json' test/setup/build.sh |
  sort | while IFS= read -r file; do [ ! -f "$file" ] || sha256sum -- "$file"; done | sha256sum | cut -d' ' -f1)
[ "$(cat dist/.myc-wf-built 2>/dev/null || true)" != "$wanted" ] || exit 0
echo "building dist/"
rm -rf dist
npx tsc -p tsconfig.build.json
git ls-files -co --exclude-standard -- activities charms client worker | while IFS= read -r file; do
  case $file in *.ts | client/myc-wf.mjs) continue ;; esac
  [ -f "$file" ] && install -D -m "$(stat -c %a "$file")" "$file" "dist/$file"
done
bundled=$(node dist/worker/bundle.js 2>&1) || { echo "$bundled" >&2; exit 1; }
echo "$wanted" >dist/.myc-wf-built
