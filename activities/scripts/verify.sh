#!/usr/bin/env bash
# verify.sh FOLDER LISTING PATH…: is FOLDER/stage what the backup's listing (its SHA-256) says below these paths, and nothing
# that could reach out of it? Changes nothing. Result: {"files", "bytes", "problems": [up to 20], "count"}.
# LISTING - is for a mirror without one: only what could reach out is looked for.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
stage=$1/stage listing=$2
shift 2
verified=1
if [ "$listing" = - ]; then verified=; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'looking at the stage' >"$MYC_PROGRESS"
# Soon it is all that there is: a power cut must not take what was only in memory.
sync -f -- "$stage" &
flushing=$!

# TYPE MODE LINKS INODE SIZE PATH of everything, links not followed.
find -P "$stage" -mindepth 1 -printf '%y %m %n %i %s %P\0' >"$work/found"
cp -- "$stage/var/lib/myc-wf/backup/files.sha256" "$work/listing" 2>/dev/null || : >"$work/listing"
if [ -n "$verified" ] && [ "$(sha256sum <"$work/listing" | cut -d' ' -f1)" != "$listing" ]; then
  echo 'the listing is not the one that the manifest names' >"$work/problems"
else
  : >"$work/problems"
fi

# What is listed below the paths, unescaped, into $work/sums (SHA256 PATH NUL); what must not be there into problems.
perl -e '
  my ($work, $verified, @paths) = @ARGV;
  sub shown { my $name = shift; $name =~ s/([^\x20-\x7e])/sprintf "\\x%02x", ord $1/ge; substr $name, 0, 200 }
  sub below { my $name = shift; for (@paths) { return 1 if $name eq $_ || index($name, "$_/") == 0 } 0 }
  open my $out, ">>", "$work/problems" or die $!; open my $sums, ">", "$work/sums" or die $!;
  my (%listed, %is, %links, %names);
  open my $list, "<", "$work/listing" or die $!;
  while (<$list>) {
    chomp;
    my ($mark, $sum, $name) = /^(\\?)([0-9a-f]{64})  (.+)$/s or do { print $out "the listing has a line that is none: ", shown($_), "\n"; next };
    $name =~ s/\\(.)/$1 eq "n" ? "\n" : $1 eq "r" ? "\r" : $1/ge if $mark;
    if ($name =~ m{^/|(^|/)\.\.?(/|$)|//}) { print $out "the listing names a path outside of it: ", shown($name), "\n"; next }
    $listed{$name} = $sum;
  }
  $/ = "\0";
  open my $found, "<", "$work/found" or die $!;
  while (<$found>) {
    chomp;
    my ($type, $mode, $links, $inode, $size, $name) = /^(\S+) (\S+) (\S+) (\S+) (\S+) (.*)$/s;
    $is{$name} = $type;
    if ($type !~ /^[fdl]$/) { print $out "a device or pipe: ", shown($name), "\n" }
    elsif ($type eq "f" && oct($mode) & 06000) { print $out "setuid or setgid: ", shown($name), "\n" }
    next if $type ne "f";
    $links{$inode} = $links; push @{$names{$inode}}, $name;
    next if !$verified || $name =~ m{^var/lib/myc-wf/backup/(files\.sha256|manifest\.json)$};
    print $out "not in the listing: ", shown($name), "\n" if !defined $listed{$name};
  }
  for (keys %links) { print $out "linked to outside of the stage: ", shown($names{$_}[0]), "\n" if @{$names{$_}} != $links{$_} }
  for my $path (@paths) {
    print $out "not in the backup: ", shown($path), "\n" if !defined $is{$path};
    my $at = "";
    for (split m{/}, $path) { $at = $at eq "" ? $_ : "$at/$_"; print $out "a link where a directory belongs: ", shown($at), "\n" if ($is{$at} // "") eq "l" }
  }
  exit if !$verified;
  for my $name (sort keys %listed) {
    next if !below($name);
    if ($listed{$name} =~ /^0+$/) { next }
    elsif (($is{$name} // "") ne "f") { print $out "missing: ", shown($name), "\n" }
    else { print $sums "$listed{$name} $name\0" }
  }
  for ($out, $sums) { close $_ or die $! }' "$work" "$verified" "${@#/}"

perl -0pe 's/^.{65}//s' "$work/sums" >"$work/names"
total=$(tr -cd '\0' <"$work/names" | wc -c)
(cd -- "$stage" && xargs -0 -r -n 200 sha256sum -z -- <"$work/names") >"$work/hashed" &
hashing=$! pause=0.1
while kill -0 "$hashing" 2>/dev/null; do
  printf 'checksums of %s of %s files\n' "$(tr -cd '\0' <"$work/hashed" | wc -c)" "$total" >"$MYC_PROGRESS"
  sleep "$pause"
  pause=0.5
done
wait "$hashing"
perl -0pe 's/^(.{64})  /$1 /s' "$work/hashed" >"$work/is"
comm -z -23 <(sort -z "$work/sums") <(sort -z "$work/is") |
  perl -0ne 'chomp; s/^.{65}//s; s/([^\x20-\x7e])/sprintf "\\x%02x", ord $1/ge; print "other content: ", substr($_, 0, 200), "\n"' >>"$work/problems"
while kill -0 "$flushing" 2>/dev/null; do
  # A slow disk takes longer than a job may stand still.
  printf 'writing to the disk, %s in memory\n' "$(awk '/^Dirty:/ { print $2, $3 }' /proc/meminfo)" >"$MYC_PROGRESS"
  sleep "$pause"
done
wait "$flushing"
jq -Rcn --argjson files "$(grep -zc '^f' "$work/found" || true)" \
  --argjson bytes "$(perl -0ne '$n += $1 if /^f \S+ \S+ \S+ (\d+)/; END { print $n + 0 }' "$work/found")" \
  '[inputs] | {files: $files, bytes: $bytes, count: length, problems: .[0:20]}' "$work/problems" >"$MYC_RESULT"
