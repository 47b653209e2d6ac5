#!/usr/bin/env bash
# What a host says about its backup; changes nothing. A line each, contents as base64:
#   record CONTENT     /etc/myc-wf/backup.json: where it is backed up to
#   key CONTENT        the public key it pushes with
#   mirror CONTENT     /etc/mirror-dir/config.yml
#   manifest CONTENT   of its last complete backup
#   image CONTENT      what its containers run, as far as a registry has it
#   container ID STATE SERVICE LABEL   a container of the project PROJECT, with what its charm says about backups
set -euo pipefail
project=$1

say() { # WORD FILE
  if [ -f "$2" ]; then printf '%s %s\n' "$1" "$(head -c 262144 -- "$2" | base64 -w 0)"; fi
}
say record /etc/myc-wf/backup.json
say key /etc/myc-wf/backup/id_ed25519.pub
say mirror /etc/mirror-dir/config.yml
say manifest /var/lib/myc-wf/backup/manifest.json
command -v docker >/dev/null || exit 0
containers() { # FORMAT
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False --format "$1"
}
mapfile -t images < <(containers '{{.Image}}' | sort -u)
if [ "${#images[@]}" -gt 0 ]; then
  # One that is not there any more ends it with an error, after what it says of the others.
  { docker image inspect --format '{{if .RepoDigests}}{{range .RepoTags}}{{println .}}{{end}}{{end}}' "${images[@]}" 2>/dev/null || true; } |
    { grep -xF -f <(printf '%s\n' "${images[@]}") || true; } | sort -u |
    while read -r image; do printf 'image %s\n' "$(printf '%s' "$image" | base64 -w 0)"; done
fi
containers '{{.ID}} {{.State}} {{.Label "com.docker.compose.service"}} {{.Label "myc.backup"}}' |
  while read -r id state service label; do
    printf 'container %s %s %s %s\n' "$id" "$state" "$service" "$(printf '%s' "$label" | base64 -w 0)"
  done
