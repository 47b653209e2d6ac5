#!/usr/bin/env bash
# left-running.sh RUN: no process of this test run (MYC_WF_TEST_RUN=RUN in its environment) may outlive it. Names what does,
# ends it, and fails.
set -euo pipefail
[ -d /proc/self ] || exit 0
run=$1

pids() {
  local file
  for file in /proc/[0-9]*/environ; do
    if grep -qzx "MYC_WF_TEST_RUN=$run" "$file" 2>/dev/null; then basename "$(dirname "$file")"; fi
  done
}

for _ in $(seq 20); do
  left=$(pids)
  [ -n "$left" ] || exit 0
  sleep 0.25
done
echo "still running after the tests, and ended now:" >&2
for pid in $left; do
  echo "  $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-150)" >&2
  kill -KILL "$pid" 2>/dev/null || true
done
exit 1
