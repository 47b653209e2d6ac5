#!/usr/bin/env bash
# What named jobs said and say: see activities/job-logs.ts. Changes nothing.
#   job-logs.sh ROOT PREFIX LINES [KEY OFFSET]…
#       the jobs whose keys begin with PREFIX; `newest` is the newest operation that ran a job here. LINES is how many of
#       the last ones, or `all`; of a KEY that is given, what follows its OFFSET.
# Prints, for each job in the order they were started:
#   job KEY STARTED               in seconds since 1970
#   exit CODE ENDED | running PROGRESS | lost      lost: cut off by a reboot, to be started again
#   output LINE                   whole lines only, while it runs
#   read OFFSET                   where the next look goes on
set -euo pipefail
shopt -s nullglob

root=$1 prefix=$2 lines=$3
shift 3
declare -A offsets=()
while (($# > 1)); do
  offsets[$1]=$2
  shift 2
done

newest() { # keys begin with their operation's id, and that with its time
  local record newest=''
  for record in "$root"/jobs/*/; do
    record=${record%/} record=${record##*/}
    if [[ ${record%%.*} > $newest ]]; then newest=${record%%.*}; fi
  done
  printf '%s\n' "$newest"
}

in_order() { # paths of the selected records
  local record
  for record in "$root/jobs/$prefix"*/; do
    # Written when the job is started; before that there is nothing to tell.
    if [[ -e $record/args ]]; then printf '%s %s\n' "$(stat -c %Y "$record/args")" "${record%/}"; fi
  done | sort -s -n -k 1,1
}

state() { # JOB KEY
  if [[ -s $1/exit ]]; then
    printf 'exit %s %s\n' "$(cat "$1/exit")" "$(stat -c %Y "$1/exit")"
  elif systemctl --quiet is-active "myc-$2.service" 2>/dev/null; then
    printf 'running %s\n' "$(head -n 1 "$1/progress" | head -c 200)"
  else
    echo lost
  fi
}

until_its_last_newline() { # FILE SIZE: how much of it is whole lines
  local rest=0
  if [[ $(head -c "$2" "$1" | tail -c 1 | wc -l) == 0 ]]; then rest=$(head -c "$2" "$1" | tail -n 1 | wc -c); fi
  printf '%s\n' "$(($2 - rest))"
}

said() { # JOB KEY STATE
  local size from=${offsets[$2]:-}
  size=$(stat -c %s "$1/output")
  if [[ $3 == running* ]]; then size=$(until_its_last_newline "$1/output" "$size"); fi
  [[ $size =~ ^[0-9]+$ ]] || return 0
  if [[ -n $from ]]; then
    # Started anew after a reboot, it has said less than before.
    if ((from > size)); then from=0; fi
    tail -c "+$((from + 1))" "$1/output" | head -c "$((size - from))" || true
  elif [[ $lines == all ]]; then
    head -c "$size" "$1/output"
  else
    head -c "$size" "$1/output" | tail -n "$lines"
  fi | sed 's/^/output /'
  # sed leaves a last line as it was: without its end.
  printf '\nread %s\n' "$size"
}

if [[ $prefix == newest ]]; then
  prefix=$(newest)
  [[ -n $prefix ]] || exit 0
  prefix=$prefix.
fi
in_order | while read -r started job; do
  key=${job##*/}
  # Before the output: what it says after that is for the next look.
  now=$(state "$job" "$key")
  printf 'job %s %s\n%s\n' "$key" "$started" "$now"
  if [[ -e $job/output ]]; then said "$job" "$key" "$now"; fi
done
