# shellcheck shell=bash
# Files that are trusted after a power cut; goes before a script that calls write_file.

# Puts standard input in the place of a file in one step. It is on the disk before it gets its name: a reader, or a host that
# comes back from a power cut, finds the old file or the whole new one, and never an empty one.
write_file() { # PATH MODE
  local folder=${1%/*} new
  mkdir -p -- "$folder"
  new=$(mktemp -- "$folder/.myc-wf.XXXXXXXX")
  if ! { cat >"$new" && chmod -- "$2" "$new" && sync -- "$new" && mv -fT -- "$new" "$1"; }; then
    rm -f -- "$new"
    return 1
  fi
  sync -- "$folder"
}
