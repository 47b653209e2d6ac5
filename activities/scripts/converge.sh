#!/usr/bin/env bash
# Compares a host with the items on standard input, or makes it like them.
#   converge.sh look    prints the items that differ, word for word; changes nothing
#   converge.sh apply [RESULT]   makes the items so; safe to repeat at any point, since each is written whole or not at all
# Items are tab-separated (activities/commands/desired-state.ts): lines and contents are base64, and so are paths that do not
# begin with a slash. lib/files.sh and lib/apt.sh go before.
set -euo pipefail
umask 022

# The settings that each unit last started with.
started=${MYC_STARTED_DIRECTORY:-/var/lib/myc-wf/started}

# Of the package lists, when we last fetched them.
lists=$started/.apt-lists

decoded() { base64 -d <<<"$1"; }

path_of() { # SUBJECT: sets `path`; most are plain, and a program for each would take longer than all the rest
  case $1 in
    /*) path=$1 ;;
    *) path=$(decoded "$1") ;;
  esac
}

has_line() { # PATH LINE
  [ -f "$1" ] && grep -qxF -- "$2" "$1"
}

has_mode() { # PATH MODE
  local mode
  mode=$(stat -c %a -- "$1")
  [ "0$mode" = "$2" ] || [ "$mode" = "$2" ]
}

has_digest() { # PATH SHA256
  local digest
  read -r digest _ < <(sha256sum <"$1")
  [ "$digest" = "$2" ]
}

# Asked once for all packages of a look.
declare -A installed=()
look_at_packages() { # PACKAGE…
  local name state
  while read -r name state; do
    if [ "$state" = installed ]; then installed[$name]=yes; fi
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' -- "$@" 2>/dev/null || true)
}

# Digest of the values that stand at these places; of nothing where jq is not there yet or cannot read the file.
values_at() { # PATH PLACES
  jq -c --argjson places "$2" '[getpath($places[])]' -- "$1" 2>/dev/null | sha256sum | cut -d' ' -f1
}

differs() { # KIND SUBJECT MODE VALUE [DIGEST]
  local path
  case $1 in
    file)
      path_of "$2"
      ! { [ -f "$path" ] && has_mode "$path" "$3" && has_digest "$path" "$4"; }
      ;;
    initial) path_of "$2" && [ ! -e "$path" ] ;;
    line) path_of "$2" && ! has_line "$path" "$(decoded "$4")" ;;
    package) [ -z "${installed[$2]-}" ] ;;
    settings)
      path_of "$2"
      ! { [ -f "$path" ] && has_mode "$path" "$3" && [ "$(values_at "$path" "$(decoded "$4")")" = "$5" ]; }
      ;;
    restart) [ "$(cat "$started/$2" 2>/dev/null)" != "$4" ] ;;
    hostname) [ "$(cat /etc/hostname 2>/dev/null)" != "$2" ] ;;
    *) echo "converge: unknown kind of item: $1" >&2 && exit 2 ;;
  esac
}

add_line() { # PATH MODE LINE
  local before=
  has_line "$1" "$3" && return 0
  # Read to its end before anything is written: what cannot be read whole must not be cut off.
  if [ -f "$1" ]; then
    before=$(cat -- "$1" && echo .)
    before=${before%.}
  fi
  # A last line without its newline must not swallow ours.
  case $before in '' | *$'\n') ;; *) before+=$'\n' ;; esac
  printf '%s%s\n' "$before" "$3" | write_file "$1" "$2"
}

merge_settings() { # PATH MODE VALUES
  local merged
  if [ -s "$1" ]; then
    # By way of a file: it may hold a login, and ps shows arguments.
    merged=$(jq --slurpfile values <(printf '%s' "$3") '. * $values[0]' -- "$1") ||
      { echo "$1 is not JSON: mend it by hand, then start again" >&2 && return 1; }
  else
    merged=$(jq . <<<"$3")
  fi
  printf '%s\n' "$merged" | write_file "$1" "$2"
}

# Noted after the restart: a run that is ended between the two restarts once more.
restart_unit() { # UNIT restart|reload|none DIGEST
  if [ "$2" != none ] && systemctl is-active --quiet "$1"; then systemctl "$2" "$1"; fi
  printf '%s\n' "$3" | write_file "$started/$1" 0644
}

# The look asks for /etc/hostname alone: ended in between, all of it is done again.
name_host() { # FQDN
  local short=${1%%.*} names
  if [ "$short" = "$1" ]; then names=$1; else names="$1 $short"; fi
  name_in_hosts "$names"
  hostname -- "$1"
  printf '%s\n' "$1" | write_file /etc/hostname 0644
}

# The line of 127.0.1.1, which Debian has for the name of the host; all other lines stay as they are.
name_in_hosts() { # NAMES
  local file folder part line text='' placed=''
  # Where it is a link, the file it leads to is changed, and the link stays.
  file=$(readlink -f -- /etc/hosts)
  folder=${file%/*} part=${file%/*}/.hosts.myc-wf
  # A write in place was cut off: what it had to write is whole, and what stands there may not be.
  if [ -s "$part" ]; then write_in_place "$part" "$file"; fi
  if [ -e "$file" ]; then
    text=$(cat -- "$file" && echo .)
    text=${text%.}
  fi
  # Without a host named localhost little works.
  if [ -z "$text" ]; then text=$'127.0.0.1 localhost\n::1 localhost\n'; fi
  {
    while IFS= read -r line; do
      if [[ ! $line =~ ^[[:space:]]*127\.0\.1\.1([[:space:]]|$) ]]; then
        printf '%s\n' "$line"
      elif [ -z "$placed" ]; then
        printf '127.0.1.1 %s\n' "$1"
        placed=yes
      fi
    done <<<"${text%$'\n'}"
    if [ -z "$placed" ]; then printf '127.0.1.1 %s\n' "$1"; fi
  } >"$part.new"
  if [ -e "$file" ]; then
    chmod --reference="$file" -- "$part.new"
    chown --reference="$file" -- "$part.new"
  else
    chmod 0644 -- "$part.new"
  fi
  sync -- "$part.new"
  # A mount, as containers have it, cannot be renamed over.
  if ! mountpoint -q -- "$file" && mv -fT -- "$part.new" "$file"; then
    sync -- "$folder"
  else
    cp -pT -- "$file" "$file.before-myc-wf"
    mv -fT -- "$part.new" "$part"
    sync -- "$file.before-myc-wf" "$folder"
    write_in_place "$part" "$file"
  fi
}

# What is to be written stands beside the file until it is on the disk.
write_in_place() { # PART FILE
  cat -- "$1" >"$2"
  sync -- "$2"
  rm -f -- "$1"
}

# An operation installs in several stages: the lists of the first one do for the others, unless the sources changed.
lists_are_fresh() {
  [ -n "$(find "$lists" -mmin -10 2>/dev/null)" ] && [ -z "$(find /etc/apt -newer "$lists" -print -quit)" ]
}

fetch_lists() {
  local began
  began=$(mktemp)
  update_lists
  mkdir -p -- "$started"
  # As of when it began: what changed meanwhile is fetched again.
  mv -fT -- "$began" "$lists"
}

apply() {
  local kind subject mode value item path packages=() later=() refresh=
  while IFS=$'\t' read -r kind subject mode value; do
    case $kind in
      file | initial)
        path_of "$subject"
        decoded "$value" | write_file "$path" "$mode"
        case $path in /etc/apt/*) refresh=yes ;; esac
        ;;
      line) path_of "$subject" && add_line "$path" "$mode" "$(decoded "$value")" ;;
      package) packages+=("$subject") ;;
      # A file that is not there yet is written before the packages, so that a unit they bring starts with it;
      # one to merge into needs jq, which may be among them.
      settings)
        path_of "$subject"
        if [ -s "$path" ]; then
          later+=("$kind"$'\t'"$subject"$'\t'"$mode"$'\t'"$value")
        else
          { decoded "$value" && echo; } | write_file "$path" "$mode"
        fi
        ;;
      restart)
        # What the packages start for the first time needs no restart, unless its settings are still to be merged.
        if [ "${#later[@]}" -eq 0 ] && ! systemctl is-active --quiet "$subject"; then mode=none; fi
        later+=("$kind"$'\t'"$subject"$'\t'"$mode"$'\t'"$value")
        ;;
      hostname) name_host "$subject" ;;
      *) echo "converge: unknown kind of item: $kind" >&2 && exit 2 ;;
    esac
  done
  if [ "${#packages[@]}" -gt 0 ]; then
    mend_packages
    lists_are_fresh || fetch_lists
    install_packages --no-install-recommends -- "${packages[@]}"
  elif [ -n "$refresh" ]; then
    fetch_lists
  fi
  for item in "${later[@]}"; do
    IFS=$'\t' read -r kind subject mode value <<<"$item"
    case $kind in
      settings) path_of "$subject" && merge_settings "$path" "$mode" "$(decoded "$value")" ;;
      restart) restart_unit "$subject" "$mode" "$value" ;;
    esac
  done
}

case ${1:-} in
  look)
    mapfile -t items
    packages=()
    for item in "${items[@]}"; do
      IFS=$'\t' read -r kind subject _ <<<"$item"
      if [ "$kind" = package ]; then packages+=("$subject"); fi
    done
    if [ "${#packages[@]}" -gt 0 ]; then look_at_packages "${packages[@]}"; fi
    for item in "${items[@]}"; do
      IFS=$'\t' read -r kind subject mode value digest <<<"$item"
      if differs "$kind" "$subject" "$mode" "$value" "${digest-}"; then printf '%s\n' "$item"; fi
    done
    ;;
  apply)
    apply
    # What was changed, as people read it: for an attempt that finds the work done and only has to tell of it.
    printf '%s' "${2-}" >"${MYC_RESULT:-/dev/null}"
    ;;
  *) echo "usage: converge.sh look|apply <items" >&2 && exit 2 ;;
esac
