#!/usr/bin/env bash
# The charms of a host: /srv/charm-store/NAME is a link to the folder of one content, .versions/NAME/DIGEST.
#   charm-store.sh look NAME…            prints `NAME DIGEST` for each that is there
#   charm-store.sh install NAME DIGEST TOLD   unpacks the tar.gz on standard input; safe to repeat at any point. Result: TOLD
# A version is never changed once it stands under its digest, so a script that runs is never written over.
set -euo pipefail
umask 022
store=/srv/charm-store

look() { # NAME…
  local name
  for name in "$@"; do
    if [ -L "$store/$name" ] && [ -d "$store/$name" ]; then
      printf '%s %s\n' "$name" "$(basename -- "$(readlink -- "$store/$name")")"
    fi
  done
}

unpack() { # FOLDER, the archive on standard input
  local new
  # Left over from a run that was ended in the middle.
  rm -rf -- "${1%/*}"/.new.*
  new=$(mktemp -d -- "${1%/*}/.new.XXXXXX")
  tar -xzf - --no-same-owner -C "$new"
  chmod 0755 "$new"
  # Else a power cut could leave the name of a version with empty files in it.
  sync -f "$new"
  mv -T -- "$new" "$1"
}

install_version() { # NAME DIGEST
  local name=$1 versions=$store/.versions/$1
  mkdir -p -- "$versions"
  [ -d "$versions/$2" ] || unpack "$versions/$2"
  touch -- "$versions/$2"
  # A folder that somebody put there is kept aside.
  if [ -d "$store/$name" ] && [ ! -L "$store/$name" ]; then
    mkdir -p "$store/.replaced"
    mv -T -- "$store/$name" "$store/.replaced/$name.$(date +%s)"
  fi
  ln -sfn -- ".versions/$name/$2" "$store/.$name.new"
  mv -fT -- "$store/.$name.new" "$store/$name"
  # A container may still have files of an earlier version mounted: the newest few stay.
  find "$versions" -mindepth 1 -maxdepth 1 -printf '%T@ %f\n' | sort -rn | tail -n +6 | cut -d' ' -f2- |
    while IFS= read -r old; do rm -rf -- "${versions:?}/$old"; done
}

case ${1:-} in
  look) shift && look "$@" ;;
  install)
    install_version "$2" "$3"
    printf '%s\n' "$4" >"$MYC_RESULT"
    ;;
  *) echo "usage: charm-store.sh look NAME… | install NAME DIGEST TOLD" >&2 && exit 2 ;;
esac
