#!/usr/bin/env bash
# upgrade.sh all|but-docker: every installed package to the newest version that its repositories have. but-docker leaves Docker
# as it is, since a new one restarts it. Result: a line `NAME OLD NEW` for each that changed. lib/files.sh and lib/apt.sh go before.
set -euo pipefail
extent=$1
installed() { dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\n' | sed -n 's/^ii *//p' | sort; }

# Kept with the job: run again after a reboot, it still tells what was there at first.
before=${MYC_RESULT%/*}/before
if [ ! -f "$before" ]; then installed >"$before.new" && mv -- "$before.new" "$before"; fi

mend_packages
echo 'package lists' >"$MYC_PROGRESS"
update_lists
mapfile -t newer < <(apt-get -s --with-new-pkgs upgrade | awk '$1 == "Inst" && $3 ~ /^\[/ { print $2 }')
if [ "$extent" = but-docker ]; then
  mapfile -t newer < <(printf '%s\n' "${newer[@]}" | grep -vE '^(docker|containerd|runc)' || true)
fi
if [ "${#newer[@]}" -gt 0 ] && [ -n "${newer[0]}" ]; then
  echo "${#newer[@]} packages" >"$MYC_PROGRESS"
  install_packages --only-upgrade -- "${newer[@]}"
fi
installed | join - "$before" | awk '$2 != $3 { print $1, $3, $2 }' >"$MYC_RESULT"
