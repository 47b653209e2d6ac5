#!/usr/bin/env bash
# own-group.sh COMMAND…: runs COMMAND in a process group of its own. The whole group ends when this script is told to end, and
# when its standard input closes: so it never outlives the process that holds the other end, however that ends.
set -euo pipefail
set -m
exec 3<&0
"$@" </dev/null 3<&- &
group=$!
end_group() { kill -TERM -- "-$group" 2>/dev/null || true; }
trap end_group TERM INT
{ cat <&3 >/dev/null; end_group; } &
watcher=$!

# A signal interrupts `wait`, and the group takes a moment to end.
status=0
wait "$group" || status=$?
while kill -0 "$group" 2>/dev/null; do
  status=0
  wait "$group" || status=$?
done
kill -TERM -- "-$watcher" 2>/dev/null || true
exit "$status"
