#!/bin/bash
# Stands before a program of the same name in /usr/bin (see gates.ts): writes down each call, and holds the one that is waited for.
name=${0##*/} gates=/root/gates
call="$name $*"
printf '%s\n' "${call//$'\n'/ }" >>"$gates/calls"
pattern=$(cat "$gates/hold" 2>/dev/null)
if [ -n "$pattern" ] && [[ $call =~ $pattern ]]; then
  : >"$gates/held"
  # Only as long as this is what is waited for: the next hold may follow before it is looked at again.
  while [ "$(cat "$gates/hold" 2>/dev/null)" = "$pattern" ]; do sleep 0.05; done
fi
if [ "$name" = rsync ] && [ -s "$gates/bwlimit" ]; then set -- "--bwlimit=$(cat "$gates/bwlimit")" "$@"; fi
exec "/usr/bin/$name" "$@"
