#!/usr/bin/env bash
# upgrade-look.sh: packages that have a newer version by the lists as they are now, `NAME OLD NEW` each; changes nothing.
set -euo pipefail
LC_ALL=C apt-get -s --with-new-pkgs upgrade | sed -n -E 's/^Inst ([^ ]+) \[([^]]*)\] \(([^ ]+).*/\1 \2 \3/p'
