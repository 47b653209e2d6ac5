#!/usr/bin/env bash
# Makes sure shellcheck is there: part of the lint, so part of the tests.
set -euo pipefail
command -v shellcheck >/dev/null && exit 0
if [ "${CI:-}" != true ] && [ "${1:-}" != --yes ]; then
  [ -t 0 ] || { echo "shellcheck is missing: install it (apt-get install shellcheck), or run again with CI=true" >&2; exit 1; }
  read -rp "shellcheck is missing; install it with apt-get? [y/N] " answer
  [ "$answer" = y ] || { echo "install it with: apt-get install shellcheck" >&2; exit 1; }
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing shellcheck (apt-get install shellcheck)"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq shellcheck >/dev/null
