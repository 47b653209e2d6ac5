#!/usr/bin/env bash
# shellcheck disable=SC2154 # lib/records.sh sets them.
# Named jobs on a host: see activities/run-job.ts, which sends this file whole and reads what it prints (lib/records.sh goes
# before).
#
#   job.sh run CONTROL_PLANE KEY EXCLUSIVE HOLDER SCRIPT_BYTES INPUT_BYTES [ARG…]   stdin: the script, then its input
#       starts the job, or attaches to it, or reads its record; prints, a line each:
#         refused NAME SINCE           another control plane manages the host (claim.sh); nothing else is printed
#         fault WHY                    which one does cannot be told; nothing else is printed
#         displaced WORD ID SINCE      it would change the host, which another operation holds; nothing else is printed
#         state started|attached|finished
#         progress OUTPUT_BYTES TEXT   each second at least, so that a lost reader is noticed
#         vanished                     the unit is gone and left no exit code: a reboot
#         exit CODE, result BASE64, output LINE (at most 20)
#   job.sh join PREFIX     waits for the jobs whose key begins so, and reads their records: `job KEY`, then as above
#   job.sh stop PREFIX     stops the jobs whose key begins so, waits for them, and keeps them from starting again
#   job.sh wrap KEY, job.sh ended KEY     inside the unit
#
# The record decides what happens, and is only changed under its lock: jobs/KEY/{job.sh (this text), script, args, input, output,
# progress, result, holder, exclusive, alive, exit}. The input may hold secrets and goes when the job ends.
set -euo pipefail
shopt -s inherit_errexit
umask 077

# A recovery is a dozen jobs, and each program that is started here costs milliseconds of each: what bash does itself, it does.

select_job() { # KEY
  key=$1
  job=$root/jobs/$key
  unit=myc-$key.service
}

lock_job() {
  [[ -d $job ]] || mkdir -p "$job"
  exec 9>"$job/lock"
  flock 9
}

unlock_job() { exec 9>&-; }

# A unit that never existed is "not-found" and also says Result=success: only LoadState tells.
is_running() {
  state=$(systemctl show -p LoadState -p ActiveState "$unit")
  [[ $state == *LoadState=loaded* && $state =~ ActiveState=(active|activating|deactivating|reloading) ]]
}

# Cut off by a shutdown, a job has not ended: without an exit code it is started again.
is_shutdown() { [[ $(systemctl is-system-running) == stopping ]]; }

# Sets `code`. A power cut may leave the file empty, or full of zeros: then the job has not ended.
has_ended() {
  code=''
  [[ -s $job/exit ]] && { read -r code <"$job/exit"; } 2>/dev/null && [[ $code =~ ^[0-9]{1,3}$ ]]
}

write_exit() { # CODE; the first one stands
  [[ ! -e $job/input ]] || rm -f "$job/input"
  if ! has_ended; then
    printf '%s\n' "$1" >"$job/exit.new"
    mv "$job/exit.new" "$job/exit"
  fi
}

# What never ran leaves no record.
forget_job() { rm -f "$job"/{script,args,input,output,progress,result,holder,exclusive,job.sh}; }

start_or_attach() { # EXCLUSIVE HOLDER SCRIPT_BYTES INPUT_BYTES [ARG…]
  local exclusive=$1 holder=$2 script_bytes=$3 input_bytes=$4 state='' sizes
  shift 4
  if has_ended; then
    echo 'state finished'
    return
  fi
  # What was never begun has no unit to ask for.
  if [[ -e $job/holder ]]; then
    if is_running; then
      echo 'state attached'
      return
    fi
    # A unit that failed and is still listed would refuse to be started under its name.
    if [[ $state == *LoadState=loaded* ]]; then systemctl reset-failed "$unit" 2>/dev/null || true; fi
  fi
  if [[ $exclusive != no ]]; then may_change "${key%%.*}" || exit 0; fi
  head -c "$script_bytes" >"$job/script"
  cat >"$job/input"
  sizes=$(stat -c %s "$job/script" "$job/input")
  # A connection cut while it was sending looks like the end of what was sent.
  if [[ $sizes != "$script_bytes"$'\n'"$input_bytes" ]]; then
    rm -f "$job/input"
    echo 'job.sh: not all of the script and its input arrived' >&2
    exit 65
  fi
  printf '%s\n' "$exclusive" >"$job/exclusive"
  printf '%s\n' "$holder" >"$job/holder"
  : >"$job/args"
  (($# == 0)) || printf '%s\0' "$@" >"$job/args"
  : >"$job/output"
  : >"$job/result"
  echo starting >"$job/progress"
  printf '%s\n' "$BASH_EXECUTION_STRING" >"$job/job.sh"
  [[ ! -e $job/exit ]] || rm -f "$job/exit"
  # All of it was sent meanwhile: asked again, and from here on no other operation begins before the unit is there.
  if [[ $exclusive != no ]]; then
    hold_operation --shared
    may_change "${key%%.*}" || { forget_job && exit 0; }
  fi
  systemd-run --quiet --collect --unit="$unit" --description="myc-wf $holder" --service-type=exec \
    -p KillMode=control-group -p TimeoutStopSec=30 -p "ExecStopPost=/bin/bash $job/job.sh ended $key" \
    /bin/bash "$job/job.sh" wrap "$key" >&2 9>&-
  release_operation
  echo 'state started'
}

# A host that was taken over takes no more jobs of the control plane that had it, nor shows it any.
refuse_others() { # CONTROL_PLANE; ends this script when that one does not manage the host
  if [[ $1 == - ]]; then return; fi
  read_control_plane
  if [[ -n $fault ]]; then
    printf 'fault %s\n' "$fault"
    exit 0
  fi
  if [[ -n $plane_id && $plane_id != "$1" ]]; then
    printf 'refused %s %s\n' "$plane_name" "$plane_since"
    exit 0
  fi
}

run_job() { # CONTROL_PLANE KEY EXCLUSIVE HOLDER SCRIPT_BYTES INPUT_BYTES [ARG…]
  refuse_others "$1"
  shift
  select_job "$1"
  shift
  lock_job
  start_or_attach "$@"
  unlock_job
  # Records of last month answer no retry any more.
  find "$root/jobs" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
  watch_job
}

# A second at most, and no longer than the job lives: its main process holds the lock.
wait_for_end() {
  exec 6>>"$job/alive"
  if flock --shared --wait 1 6 && ! has_ended; then
    # It begins or ends in this moment, or was killed.
    sleep 0.02
  fi
  exec 6>&-
}

watch_job() {
  local tick=0 text state code=''
  while ! has_ended; do
    IFS= read -r -n 200 text <"$job/progress" || true
    printf 'progress %s %s\n' "$(stat -c %s "$job/output")" "$text"
    # Asked less often than looked: systemctl costs more. The exit is looked for again, as it may come in between.
    if ((tick % 25 == 24)) && ! is_running && ! has_ended; then
      echo vanished
      return
    fi
    tick=$((tick + 1))
    wait_for_end
  done
  printf 'exit %s\n' "$code"
  if [[ -s $job/result ]]; then printf 'result %s\n' "$(head -c 49152 "$job/result" | base64 -w 0)"; else echo 'result '; fi
  if [[ -s $job/output ]]; then tail -c 40000 "$job/output" | tail -n 20 | sed 's/^/output /'; fi
}

join_jobs() { # PREFIX
  local record
  for record in "$root/jobs/$1"*; do
    [[ -d $record ]] || continue
    select_job "${record##*/}"
    # Cut off by a reboot: whoever still needs it starts it again.
    has_ended || is_running || continue
    printf 'job %s\n' "$key"
    watch_job
  done
}

wrap_job() { # KEY: the unit's main process
  select_job "$1"
  exec >>"$job/output" 2>&1
  exec 7>>"$job/alive"
  flock 7
  local args exclusive holder exit=0
  mapfile -d '' -t args <"$job/args"
  read -r exclusive <"$job/exclusive"
  [[ $exclusive =~ ^(yes|beside|no)$ ]] || { echo "the record of this job is damaged: $job/exclusive" && exit 65; }
  if [[ $exclusive == yes ]]; then
    # Inherited by the script on purpose: the lock is held for as long as anything of the job lives.
    exec 8>>"$root/lock"
    if ! flock -n 8; then
      printf 'waiting for the host, held by %s\n' "$(cat "$root/lock")" >"$job/progress"
      flock 8
    fi
    read -r holder <"$job/holder"
    printf '%s\n' "$holder" >"$root/lock"
  fi
  # Whoever asked for this unit may have been killed, and so its lock released, before there was one; and while this job waited
  # for the host, the next operation may have begun.
  if [[ $exclusive != no ]]; then
    hold_operation --shared
    if ! may_change "${key%%.*}"; then
      write_exit 143
      exit 143
    fi
    release_operation
  fi
  export HOME=/root LANG=C.UTF-8 MYC_PROGRESS=$job/progress MYC_RESULT=$job/result
  cd /
  /bin/bash "$job/script" "${args[@]}" <"$job/input" 7>&- || exit=$?
  if ((exit == 0)) || ! is_shutdown; then write_exit "$exit"; fi
  exit "$exit"
}

end_job() { # KEY: after the unit's end, however it came; systemd gives EXIT_CODE and EXIT_STATUS
  select_job "$1"
  if has_ended || is_shutdown; then return; fi
  local status=${EXIT_STATUS:-1}
  [[ $status =~ ^[0-9]+$ ]] || status=$((128 + $(kill -l "$status")))
  write_exit "$status"
}

stop_jobs() { # PREFIX
  local record
  for record in "$root/jobs/$1"*; do
    [[ -d $record ]] || continue
    select_job "${record##*/}"
    lock_job
    if ! has_ended; then
      systemctl stop "$unit" 2>/dev/null || true
      write_exit 143
      # It must not be started again after a power cut either.
      sync "$job/exit" "$job"
    fi
    unlock_job
    printf '%s\n' "$key"
  done
}

case $1 in
  run) shift && run_job "$@" ;;
  join) shift && join_jobs "$@" ;;
  stop) shift && stop_jobs "$@" ;;
  wrap) wrap_job "$2" ;;
  ended) end_job "$2" ;;
  *)
    echo "job.sh: unknown command $1" >&2
    exit 64
    ;;
esac
