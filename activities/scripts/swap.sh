#!/usr/bin/env bash
# What was staged and verified takes the place of what stands there; safe to repeat at any point.
#
#   swap.sh look FOLDER OPERATION PROJECT yes|no   changes nothing; result `empty` when there is nothing to replace
#   swap.sh swap FOLDER OPERATION PROJECT yes|no   PROJECT's containers are removed first (- for none)
#   swap.sh finish FOLDER OPERATION PROJECT        the old trees and the stage are removed; with a project, those of attempts that
#                                                  failed before this one too
#
# Reads lines `data PATH DESTINATION` and `settings PATH DESTINATION`, tab-separated: PATH below FOLDER/stage. `no` stops with
# exit code 21 where a data destination holds files or the project has containers; the result is which. The old tree is kept as
# .myc-wf-old-OPERATION beside the new one (inside, where the destination is a mount of its own).
set -euo pipefail
shopt -s inherit_errexit
umask 077
command=$1 folder=$2 operation=$3 project=$4 may_replace=${5:-no}
kinds=() staged=() places=()
while IFS=$'\t' read -r kind path place; do
  kinds+=("$kind") staged+=("$folder/stage$path") places+=("$place")
done

refuse() { # WHY, as it is: a bare host has no jq
  printf '%s' "$1" >"$MYC_RESULT"
  exit 21
}

containers() { # of the project, if there is a Docker to ask
  if [ "$project" = - ] || ! command -v docker >/dev/null; then return; fi
  docker ps --all --quiet --filter "label=com.docker.compose.project=$project"
}

look() {
  local i found empty=yes
  for i in "${!places[@]}"; do
    if [ -L "${places[i]}" ]; then refuse "${places[i]} is a link"; fi
    if [ "${kinds[i]}" = settings ] || [ ! -e "${places[i]}" ]; then continue; fi
    found=$(find "${places[i]}" -name '.myc-wf-*' -prune -o ! -type d -print -quit)
    if [ -z "$found" ]; then continue; fi
    if [ "$may_replace" = no ]; then refuse "${places[i]} holds data ($found)"; fi
    empty=no
  done
  if [ -n "$(containers)" ]; then
    if [ "$may_replace" = no ]; then refuse "services of $project are there"; fi
    empty=no
  fi
  if [ "$empty" = yes ]; then echo empty >"$MYC_RESULT"; fi
}

device() { # of a path, or of what it will be made in
  local path=$1
  until [ -e "$path" ]; do path=${path%/*}; path=${path:-/}; done
  stat -c %d -- "$path"
}

# The tree at PLACE goes to OLD, the one at NEW to PLACE. Each rename happens at once, and what is done is not done again.
exchange() { # NEW PLACE OLD
  local new=$1 place=$2 old=$3 n=
  [ -e "$new" ] || [ -L "$new" ] || return 0
  if [ -e "$place" ] || [ -L "$place" ]; then
    mkdir -p -- "${old%/*}"
    # An earlier attempt put the old tree aside; what stands here now came after it.
    while [ -e "$old$n" ]; do n=.$((${n#.} + 1)); done
    mv -T -- "$place" "$old$n"
  fi
  mv -T -- "$new" "$place"
}

# Where the new tree waits and the old one goes: beside PLACE, or inside it where it is a mount. Into $aside, $new and $old.
around() { # PLACE
  local parent=${1%/*}
  aside=${parent:-/}
  if mountpoint -q -- "$1"; then aside=$1; else mkdir -p -- "$aside"; fi
  new=${aside%/}/.myc-wf-new-$operation/${1##*/} old=${aside%/}/.myc-wf-old-$operation
}

# From another filesystem it is copied beside its place, so that a rename is enough afterwards; that the staged one has gone says
# the copy is whole.
copy_beside() { # STAGED PLACE
  local from=$1 aside new old pause=0.1
  around "$2"
  if [ ! -e "$from" ] || [ "$(device "$from")" = "$(device "$aside")" ]; then return 0; fi
  rm -rf -- "$new"
  mkdir -p -- "${new%/*}"
  cp -a -T -- "$from" "$new" &
  while kill -0 "$!" 2>/dev/null; do
    # A large tree takes longer than a job may stand still.
    printf 'copying to %s, %s KiB used there\n' "$2" "$(df --output=used -- "$aside" | tail -n 1)" >"$MYC_PROGRESS"
    sleep "$pause"
    pause=1
  done
  wait "$!"
  mv -T -- "$from" "$from.copied"
}

swap_one() { # STAGED PLACE
  local from=$1 place=$2 entry aside new old
  around "$place"
  if [ ! -e "$from" ] && [ -e "$new" ]; then from=$new; fi
  if [ "$aside" != "$place" ]; then
    exchange "$from" "$place" "$old/${place##*/}"
    return
  fi
  # A mount cannot be renamed: what is in it is, one by one. Markers tell the new ones from the old.
  [ -e "$from" ] || return 0
  mkdir -p -- "$from.moved"
  while IFS= read -r -d '' entry; do
    case $entry in .myc-wf-* | lost+found) continue ;; esac
    if [ ! -e "$from/$entry" ] && [ ! -L "$from/$entry" ] && [ ! -e "$from.moved/$entry" ]; then
      mkdir -p -- "$old"
      mv -T -- "$place/$entry" "$old/$entry"
    fi
  done < <(find "$place" -mindepth 1 -maxdepth 1 -printf '%f\0')
  while IFS= read -r -d '' entry; do
    : >"$from.moved/$entry"
    exchange "$from/$entry" "$place/$entry" "$old/$entry"
  done < <(find "$from" -mindepth 1 -maxdepth 1 -printf '%f\0')
  rm -rf -- "$from"
}

case $command in
  look) look ;;
  swap)
    # Once it has begun, what stands at the destination is in part our own.
    if [ ! -e "$folder/swapping" ]; then
      look
      for path in "${staged[@]}"; do
        [ -e "$path" ] || { echo "$path is not in the stage" >&2 && exit 1; }
      done
      : >"$folder/swapping"
      sync -- "$folder/swapping"
    fi
    for i in "${!places[@]}"; do copy_beside "${staged[i]}" "${places[i]}"; done
    # Whoever stops the job now, the trees are the new ones in the end: half of each would be neither.
    trap '' TERM
    echo 'removing the old containers' >"$MYC_PROGRESS"
    containers | xargs -r docker rm --force >/dev/null
    echo 'renaming' >"$MYC_PROGRESS"
    for i in "${!places[@]}"; do swap_one "${staged[i]}" "${places[i]}"; done
    ;;
  finish)
    echo 'removing what was replaced' >"$MYC_PROGRESS"
    which=$operation
    if [ "$project" != - ]; then which='*'; fi
    for place in "${places[@]}"; do
      for aside in "$place" "${place%/*}"; do
        # shellcheck disable=SC2086 # a pattern
        rm -rf -- "${aside%/}/.myc-wf-old-"$which "${aside%/}/.myc-wf-new-"$which
      done
    done
    rm -rf -- "$folder"
    if [ "$project" != - ]; then find "${folder%/*}" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +; fi
    rmdir -- "${folder%/*}" 2>/dev/null || true
    ;;
  *) echo "swap.sh: unknown command $command" >&2 && exit 64 ;;
esac
