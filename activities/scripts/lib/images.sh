# shellcheck shell=bash
# Images from registries; goes before a script that calls pull_image.

# What Docker says of a registry that is away for a moment, as against one that does not have an image or does not hand it out.
away='connection refused|connection reset|i/o timeout|TLS handshake timeout|Client\.Timeout|context deadline exceeded|unexpected EOF|no route to host|network is unreachable|Temporary failure in name resolution|server misbehaving|: 50[0234] |status(:| code) 50[0234]'
patience=900

report_pull() { # TEXT: a large layer prints nothing for long: what has arrived of it shows that it moves
  while sleep 1; do
    printf '%s %s\n' "$1" "$(du -sb /var/lib/docker/tmp 2>/dev/null | cut -f1)" >"$MYC_PROGRESS"
  done
}

# For a quarter of an hour; the layers that Docker has whole are not pulled again.
pull_image() { # IMAGE
  local image=$1 since=$SECONDS pause=2 reporting code said=${MYC_RESULT%/*}/pull-error
  while :; do
    report_pull "pull $image" &
    reporting=$! code=0
    docker pull -- "$image" 2>"$said" || code=$?
    kill "$reporting" 2>/dev/null || true
    cat -- "$said" >&2
    if ((code == 0)); then return 0; fi
    if ! grep -qE -- "$away" "$said" || ((SECONDS - since > patience)); then return "$code"; fi
    printf 'waiting for the registry of %s, for %d s\n' "$image" "$((SECONDS - since))" >"$MYC_PROGRESS"
    sleep "$pause"
    pause=$((pause < 20 ? pause * 2 : 30))
  done
}
