#!/usr/bin/env bash
# packages.sh [--yes] COMMAND=PACKAGE…: makes sure the commands are there; what is missing is installed from Debian's packages
# after asking on a terminal, without asking under CI=true or --yes, and named exactly where neither can be.
set -euo pipefail
yes=${CI:-}
[ "${1:-}" != --yes ] || { yes=true; shift; }
missing=()
for pair in "$@"; do
  PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
if [ "$yes" != true ]; then
  [ -t 0 ] || { echo "missing: ${missing[*]}; install them (apt-get install ${missing[*]}), or run again with CI=true" >&2; exit 1; }
  read -rp "missing: ${missing[*]}; install with apt-get? [y/N] " answer
  [ "$answer" = y ] || { echo "install with: apt-get install ${missing[*]}" >&2; exit 1; }
fi
command -v apt-get >/dev/null || { echo "install these with your system's package manager: ${missing[*]}" >&2; exit 1; }
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
echo "installing ${missing[*]} (apt-get install)"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
