#!/usr/bin/env bash
# compose-look.sh PROJECT: says `standing` when what stands is what the last `up` left, and that one was asked for the same;
# changes nothing. Standard input: a digest of what is asked for, compose-up.sh's own.
set -euo pipefail
IFS= read -r wanted
file=/var/lib/myc-wf/compose/standing
if [ ! -f "$file" ]; then exit 0; fi
read -r asked stood <"$file" || true
# What was asked for is compared first: to look at what stands takes longer.
if [ "$asked" = "$wanted" ] && [ "$stood" = "$(standing "$1")" ]; then echo standing; fi
