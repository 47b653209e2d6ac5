#!/usr/bin/env bash
# backup-key.sh FOLDER OPERATION: a key pair under FOLDER, made once; prints the public key. The private key never leaves the
# host. Standard input, when there is any, becomes FOLDER/known_hosts (lib/records.sh goes before).
set -euo pipefail
umask 077
folder=$1
require_operation "$2"
mkdir -p -- "$folder"
# An attempt that was given up may still be here.
exec 9>"$folder/lock"
flock 9
if [ ! -s "$folder/id_ed25519" ] || [ ! -s "$folder/id_ed25519.pub" ]; then
  rm -f -- "$folder/new" "$folder/new.pub"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$folder/new" </dev/null
  # A backup server is told the public key next: the pair has to be on the disk by then.
  sync -- "$folder/new" "$folder/new.pub"
  # The private half last: with it in place the pair is whole.
  mv -f -- "$folder/new.pub" "$folder/id_ed25519.pub"
  mv -f -- "$folder/new" "$folder/id_ed25519"
  sync -- "$folder"
fi
cat >"$folder/known_hosts.new"
sync -- "$folder/known_hosts.new"
if [ -s "$folder/known_hosts.new" ]; then mv -f -- "$folder/known_hosts.new" "$folder/known_hosts"; fi
rm -f -- "$folder/known_hosts.new"
cut -d' ' -f1,2 -- "$folder/id_ed25519.pub"
