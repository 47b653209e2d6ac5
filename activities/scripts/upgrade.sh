#!/usr/bin/env bash
# upgrade.sh all|but-docker: every installed package to the newest version that its repositories have. but-docker leaves Docker
# as it is, since a new one restarts it. Result: a line `NAME OLD NEW` for each that changed.
set -euo pipefail
extent=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
installed() { dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\n' | sed -n 's/^ii *//p' | sort; }

# Kept with the job: run again after a reboot, it still tells what was there at first.
before=${MYC_RESULT%/*}/before
if [ ! -f "$before" ]; then installed >"$before.new" && mv -- "$before.new" "$before"; fi

# Of one that was cut off.
dpkg --configure --pending
echo 'package lists' >"$MYC_PROGRESS"
apt-get -o DPkg::Lock::Timeout=300 update -qq
mapfile -t newer < <(apt-get -s --with-new-pkgs upgrade | awk '$1 == "Inst" && $3 ~ /^\[/ { print $2 }')
if [ "$extent" = but-docker ]; then
  mapfile -t newer < <(printf '%s\n' "${newer[@]}" | grep -vE '^(docker|containerd|runc)' || true)
fi
if [ "${#newer[@]}" -gt 0 ] && [ -n "${newer[0]}" ]; then
  echo "${#newer[@]} packages" >"$MYC_PROGRESS"
  apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    install --only-upgrade -y -qq -- "${newer[@]}"
fi
installed | join - "$before" | awk '$2 != $3 { print $1, $3, $2 }' >"$MYC_RESULT"
