#!/usr/bin/env bash
# What a host says about its services; changes nothing. A line each, contents as base64:
#   services-look.sh plan [OPERATION]
#                                docker; compose CONTENT; secret CONTENT (generated passwords) and relation CONTENT (what
#                                hooks told each other), to mask them in messages. With what an operation was given
#                                (given.sh): given; replaced, when compose is that; added CONTENT. known CONTENT: YAML or
#                                JSON that other operations were given, that runs now or ran, to be masked as well
#   services-look.sh staged FOLDER   docker; compose CONTENT, of a stage: what is reached through a link is not there
#   services-look.sh fragments   fragment NAME CONTENT: what hooks added to docker-compose.yml
#   services-look.sh written     written CONTENT: docker-compose.yml as the last `up` left it
set -euo pipefail
shopt -s nullglob

data=/srv/datastore/data
encoded() { base64 -w 0 -- "$1"; }

known() { # FILE…: as many whole files as the reader takes at once
  local file size room=$((3 * 1024 * 1024))
  for file; do
    if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
    size=$(stat -c %s -- "$file")
    if [ "$size" -gt "$room" ]; then continue; fi
    room=$((room - size))
    printf 'known %s\n' "$(encoded "$file")"
  done
}

case ${1:-} in
  plan)
    if command -v docker >/dev/null; then echo docker; fi
    file=/opt/apps/myc-deploy/compose.yml
    given=/var/lib/myc-wf/given/${2:-none}
    if [ -d "$given" ]; then echo given; fi
    if [ -f "$given/compose.yml" ]; then file=$given/compose.yml && echo replaced; fi
    # One byte more than is read as YAML: too large is said by the reader, which knows the limit.
    if [ -f "$file" ]; then printf 'compose %s\n' "$(head -c 1048577 "$file" | base64 -w 0)"; fi
    if [ -f "$given/added.yml" ]; then printf 'added %s\n' "$(head -c 1048577 "$given/added.yml" | base64 -w 0)"; fi
    # No link is followed: what a backup brought may lead to a file of the host's own, which is nobody's to send.
    while IFS= read -r -d '' file; do printf 'secret %s\n' "$(encoded "$file")"; done < <(
      find "$data" -maxdepth 4 \( -path "$data/*/*" ! -path "$data/*/.compose" ! -path "$data/*/.compose/*" -prune \) -o \
        -path "$data/*/.compose/password/*" -type f -links 1 -size -1025c -print0 2>/dev/null | sort -z
    )
    for file in /var/lib/myc-wf/compose/relations/*/*/*/data.json; do printf 'relation %s\n' "$(encoded "$file")"; done
    # What runs now comes first, then what was given last: an operation's id begins with its time.
    mapfile -t earlier < <(printf '%s\n' /var/lib/myc-wf/given/*/*.yml | sort -r)
    known /var/lib/myc-wf/compose/docker-compose.yml /opt/apps/myc-deploy/compose.yml \
      /var/lib/myc-wf/compose/services/*/options.json "${earlier[@]}"
    ;;
  staged)
    if command -v docker >/dev/null; then echo docker; fi
    file=$2/compose.yml
    if [ -f "$file" ] && [ "$(realpath -e -- "$file")" = "$file" ]; then
      printf 'compose %s\n' "$(head -c 1048577 "$file" | base64 -w 0)"
    fi
    ;;
  fragments)
    for file in /var/lib/myc-wf/compose/fragments/*.yml; do
      printf 'fragment %s %s\n' "${file##*/}" "$(encoded "$file")"
    done
    ;;
  written)
    file=/var/lib/myc-wf/compose/docker-compose.yml
    if [ -f "$file" ]; then printf 'written %s\n' "$(encoded "$file")"; fi
    ;;
  *) echo "usage: services-look.sh plan|fragments|written|staged FOLDER" >&2 && exit 2 ;;
esac
