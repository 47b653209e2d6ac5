# shellcheck shell=bash
# standing PROJECT: what the last `up` left, as a digest: by it the next one tells that there is nothing to do. In it are the files
# that it wrote, what compose makes of them (it knows env files), and every container with
# its image, its networks, whether it runs and is healthy, and how often it had to be restarted; also whether its image's name still means that image.
standing() {
  local folder=/var/lib/myc-wf/compose ids images
  {
    cd "$folder" && sha256sum -- docker-compose.yml images.json services/*/*.json
    # Compose refuses a file without services; then there is no container either.
    docker compose --project-name "$1" --project-directory "$folder" -f docker-compose.yml config --format json 2>/dev/null
    mapfile -t ids < <(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" \
      --filter label=com.docker.compose.oneoff=False)
    if [ "${#ids[@]}" -gt 0 ]; then
      docker inspect --format '{{.Id}} {{.Image}} {{.RestartCount}} {{.State.Status}}{{with .State.Health}} {{.Status}}{{end}}{{range $name, $one := .NetworkSettings.Networks}} {{$name}} {{$one.NetworkID}}{{end}} {{.Config.Labels}}' "${ids[@]}" | sort
      mapfile -t images < <(docker inspect --format '{{.Config.Image}}' "${ids[@]}" | sort -u)
      docker image inspect --format '{{.Id}}' -- "${images[@]}" 2>&1
    fi
  } </dev/null | sha256sum | cut -d' ' -f1
}
