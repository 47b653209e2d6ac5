# shellcheck shell=bash
# standing PROJECT [RENDERED]: what the last `up` left, as a digest: by it the next one tells that there is nothing to do. In it are the files
# that it wrote, what compose makes of them (it knows env files), and every container with its image, its networks, whether it runs
# and is healthy, and how often it had to be restarted; also whether its image's name still means that image. Where something cannot
# be asked the digest is like no other: then all of it is looked at. RENDERED: what compose made of the file just now, in JSON.
# lib/compose.sh goes before.
standing() {
  { all_that_stands "$@" || date +%s%N; } </dev/null 2>/dev/null | sha256sum | cut -d' ' -f1
}

all_that_stands() { # PROJECT [RENDERED]
  local folder=/var/lib/myc-wf/compose rendered=${2-} ids containers
  cd "$folder" && sha256sum -- docker-compose.yml images.json services/*/*.json &&
    { [ -n "$rendered" ] || rendered=$(as_json "$1" "$folder" docker-compose.yml); } && printf '%s\n' "$rendered" &&
    mapfile -t ids < <(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" \
      --filter label=com.docker.compose.oneoff=False) &&
    containers=$(docker inspect --type container -- "${ids[@]}") &&
    jq -cS 'sort_by(.Id)[] | [.Id, .Image, .RestartCount, .State.Status,
      .State.Health.Status, (.NetworkSettings.Networks | map_values(.NetworkID)), .Config.Labels]' <<<"$containers" &&
    jq -r '.[].Config.Image' <<<"$containers" | sort -u | xargs -r docker image inspect --format '{{.Id}}' --
}
