#!/usr/bin/env bash
# tsc, eslint (with the determinism boundary), shellcheck and prettier; each says what it found.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
bash test/setup/packages.sh "$@" shellcheck=shellcheck
bash test/setup/typecheck.sh
npx eslint --max-warnings 0 .
npx tsx test/setup/shell/lint.ts
# Every tracked or new shell script, by its name or its first line.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ -f "$file" ] || continue
  case $file in
    *.sh) printf '%s\0' "$file" ;;
    *.*) ;;
    *) if head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba|da)?sh\b'; then printf '%s\0' "$file"; fi ;;
  esac
done | xargs -0 -r shellcheck -x
bash test/setup/superuser-sql.sh
npx prettier --check --log-level warn .
echo "lint: clean"
