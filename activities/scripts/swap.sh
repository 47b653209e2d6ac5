#!/usr/bin/env bash
# What was staged and verified takes the place of what stands there; safe to repeat at any point.
#
#   swap.sh look FOLDER OPERATION PROJECT yes|no   changes nothing; result `empty` when there is nothing to replace
#   swap.sh swap FOLDER OPERATION PROJECT yes|no   PROJECT's containers are removed first (- for none)
#   swap.sh finish FOLDER OPERATION PROJECT        the old trees and the stage are removed; with a project, those of attempts that
#                                                  failed before this one too
#
# Reads lines `data PATH DESTINATION` and `settings PATH DESTINATION`, tab-separated: PATH below FOLDER/stage. `no` stops with
# exit code 21 where a data destination holds files or the project has containers; the result is which. Exit code 22 is for a
# destination that cannot be taken (its path leads elsewhere), 23 for one that a running container uses. The old tree is kept
# as .myc-wf-old-OPERATION beside the new one (inside, where the destination is a mount of its own).
set -euo pipefail
shopt -s inherit_errexit
umask 077
command=$1 folder=$2 operation=$3 project=$4 may_replace=${5:-no}
kinds=() staged=() places=()
while IFS=$'\t' read -r kind path place; do
  kinds+=("$kind") staged+=("$folder/stage$path") places+=("$place")
done

refuse() { # EXIT WHY, as it is: a bare host has no jq
  printf '%s' "$2" >"$MYC_RESULT"
  exit "$1"
}

# Opens the folder PATH part by part, none of which may be a link, and makes what is missing if told so. Into $entered: a path
# that stays this very folder, whatever a user or a container makes of its names meanwhile; empty where a part is missing.
enter() { # PATH [make]
  local part at='' fd next real
  exec {fd}</
  entered=/proc/self/fd/$fd
  while IFS= read -r -d / part; do
    if [ -z "$part" ]; then continue; fi
    at+=/$part
    if [ -L "$entered/$part" ]; then refuse 22 "$at is a link to $(readlink -- "$entered/$part")"; fi
    if [ ! -e "$entered/$part" ]; then
      if [ "${2:-}" != make ]; then entered='' && return; fi
      mkdir -- "$entered/$part"
    fi
    if [ ! -d "$entered/$part" ]; then refuse 22 "$at is not a directory"; fi
    exec {next}<"$entered/$part/."
    # What was opened decides, and not what it was a moment ago.
    real=$(readlink "/proc/self/fd/$next")
    if [ "$real" != "$at" ]; then refuse 22 "$at leads to $real"; fi
    exec {fd}<&-
    fd=$next entered=/proc/self/fd/$fd
  done <<<"${1#/}/"
}

containers() { # of the project, if there is a Docker to ask
  if [ "$project" = - ] || ! command -v docker >/dev/null; then return; fi
  docker ps --all --quiet --filter "label=com.docker.compose.project=$project"
}

# A container keeps what it has mounted: it would go on with the old tree, which is removed. A Docker that does not answer has none.
refuse_used() { # PLACE
  local place=$1 ids root name writes from
  if [ "$project" != - ] || ! command -v docker >/dev/null; then return; fi
  root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) || return 0
  if [ -z "$root" ]; then return; fi
  case $place/ in "$root"/*) refuse 22 "$place is in Docker's own folder $root" ;; esac
  case $root/ in "$place"/*) refuse 22 "$place holds Docker's own folder $root" ;; esac
  mapfile -t ids < <(docker ps --quiet --no-trunc)
  if [ "${#ids[@]}" = 0 ]; then return; fi
  while IFS=$'\t' read -r name writes from; do
    if [ -z "$from" ]; then continue; fi
    from=$(realpath -m -- "$from")
    case $from/ in "$place"/*) refuse 23 "$place is used by the container ${name#/}" ;; esac
    if [ "$writes" != true ]; then continue; fi
    case $place/ in "${from%/}"/*) refuse 23 "$place is used by the container ${name#/}" ;; esac
  done < <(docker inspect --format '{{$n := .Name}}{{range .Mounts}}{{printf "%s\t%v\t%s\n" $n .RW .Source}}{{end}}' "${ids[@]}" 2>/dev/null)
}

# What is mounted below would be set aside, and removed, with the tree.
refuse_mounts() { # PLACE
  local mount
  mount=$(PLACE=$1/ perl -ane '$F[4] =~ s/\\([0-7]{3})/chr oct $1/ge; print($F[4]), exit if index($F[4], $ENV{PLACE}) == 0' /proc/self/mountinfo)
  if [ -n "$mount" ]; then refuse 22 "$1 has a mount in it ($mount)"; fi
}

look() {
  local i place at found empty=yes
  for i in "${!places[@]}"; do
    place=${places[i]}
    enter "${place%/*}"
    refuse_used "$place"
    if [ -z "$entered" ]; then continue; fi
    at=$entered/${place##*/}
    if [ -L "$at" ]; then refuse 22 "$place is a link to $(readlink -- "$at")"; fi
    refuse_mounts "$place"
    if [ "${kinds[i]}" = settings ] || [ ! -e "$at" ]; then continue; fi
    found=$(find "$at" -name '.myc-wf-*' -prune -o ! -type d -printf '/%P' -quit)
    if [ -z "$found" ]; then continue; fi
    found=$place${found%/}
    if [ "$may_replace" = no ]; then refuse 21 "$place holds data ($found)"; fi
    empty=no
  done
  if [ -n "$(containers)" ]; then
    if [ "$may_replace" = no ]; then refuse 21 "services of $project are there"; fi
    empty=no
  fi
  if [ "$empty" = yes ]; then echo empty >"$MYC_RESULT"; fi
}

# The tree at PLACE goes into the folder $base/$old as NAME, the one at NEW to PLACE. Each rename happens at once, and what is
# done is not done again.
exchange() { # NEW PLACE NAME
  local new=$1 place=$2 n='' own
  [ -e "$new" ] || [ -L "$new" ] || return 0
  if [ -e "$place" ] || [ -L "$place" ]; then
    own_folder "$old"
    # An earlier attempt put the old tree aside; what stands here now came after it.
    while [ -e "$own/$3$n" ] || [ -L "$own/$3$n" ]; do n=.$((${n#.} + 1)); done
    mv -T -- "$place" "$own/$3$n"
  fi
  mv -T -- "$new" "$place"
}

# Where PLACE is exchanged: in its parent, or inside it where it is a mount. Into $base and $place, which are paths for us.
around() { # PLACE
  local parent=${1%/*}
  if mountpoint -q -- "$1"; then parent=$1; fi
  enter "${parent:-/}" make
  folder_of_base=$parent base=$entered
  # Root's alone on every host, and told by their names to whoever looks at what runs.
  case $parent in
    /srv | /opt/apps) if [[ $(stat -c '%u %a' -- "$parent") == '0 7'[0145][0145] ]]; then base=$parent; fi ;;
  esac
  place=$base/${1##*/}
  if [ "$parent" = "$1" ]; then place=$base; fi
}

# A folder in $base that only root enters, made where it is missing. Into $own: a path that stays this folder.
own_folder() { # NAME
  local fd real
  if [ ! -e "$base/$1" ]; then mkdir -m 0700 -- "$base/$1"; fi
  exec {fd}<"$base/$1/."
  own=/proc/self/fd/$fd
  real=$(readlink "$own")
  if [ "$real" != "$folder_of_base/$1" ] || [ "$(stat -L -c '%u %a' "$own")" != '0 700' ]; then
    refuse 22 "$folder_of_base/$1 is not root's own: somebody changes it"
  fi
  if [ "$base" = "$folder_of_base" ]; then own=$base/$1; fi
}

# From another filesystem it is copied beside its place, so that a rename is enough afterwards; that the staged one has gone says
# the copy is whole.
copy_beside() { # STAGED PLACE
  local from=$1 base folder_of_base place own new pause=0.1
  around "$2"
  if [ ! -e "$from" ] || [ "$(stat -c %d -- "$from")" = "$(stat -L -c %d -- "$base")" ]; then return 0; fi
  own_folder ".myc-wf-new-$operation"
  new=$own/${2##*/}
  rm -rf -- "$new"
  cp -a -T -- "$from" "$new" &
  while kill -0 "$!" 2>/dev/null; do
    # A large tree takes longer than a job may stand still.
    printf 'copying to %s, %s KiB used there\n' "$2" "$(df --output=used -- "$base" | tail -n 1)" >"$MYC_PROGRESS"
    sleep "$pause"
    pause=1
  done
  wait "$!"
  mv -T -- "$from" "$from.copied"
}

swap_one() { # STAGED PLACE
  local from=$1 base folder_of_base place own entry new=.myc-wf-new-$operation old=.myc-wf-old-$operation
  around "$2"
  if [ ! -e "$from" ] && [ -e "$base/$new" ]; then
    own_folder "$new"
    from=$own/${2##*/}
  fi
  if [ "$place" != "$base" ]; then
    exchange "$from" "$place" "${2##*/}"
    return
  fi
  # A mount cannot be renamed: what is in it is, one by one. Markers tell the new ones from the old.
  [ -e "$from" ] || return 0
  mkdir -p -- "$from.moved"
  while IFS= read -r -d '' entry; do
    case $entry in .myc-wf-* | lost+found) continue ;; esac
    if [ ! -e "$from/$entry" ] && [ ! -L "$from/$entry" ] && [ ! -e "$from.moved/$entry" ]; then
      own_folder "$old"
      mv -T -- "$place/$entry" "$own/$entry"
    fi
  done < <(find "$place/." -mindepth 1 -maxdepth 1 -printf '%f\0')
  while IFS= read -r -d '' entry; do
    : >"$from.moved/$entry"
    exchange "$from/$entry" "$place/$entry" "$entry"
  done < <(find "$from" -mindepth 1 -maxdepth 1 -printf '%f\0')
  rm -rf -- "$from"
}

# What was set aside in FOLDER, of OPERATION or of all; nothing is ours where its path leads elsewhere by now.
clear() { # FOLDER OPERATION|*
  if [ ! -d "${1:-/}" ]; then return; fi
  (
    enter "$1"
    if [ -z "$entered" ]; then exit; fi
    # shellcheck disable=SC2086 # a pattern
    rm -rf -- "$entered/.myc-wf-old-"$2 "$entered/.myc-wf-new-"$2
  ) || echo "what was set aside in $1 is left there"
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
      clear "$place" "$which"
      clear "${place%/*}" "$which"
    done
    rm -rf -- "$folder"
    if [ "$project" != - ]; then find "${folder%/*}" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +; fi
    rmdir -- "${folder%/*}" 2>/dev/null || true
    ;;
  *) echo "swap.sh: unknown command $command" >&2 && exit 64 ;;
esac
