#!/usr/bin/env bash
# verify.sh FOLDER LISTING PATH[TAB DESTINATION]…: is FOLDER/stage what the backup's listing (its SHA-256) says below these
# paths, and nothing that could reach out of it? Changes nothing. DESTINATION is where the path goes on this host; the path
# itself when left out. LISTING - is for a mirror without one: only what could reach out is looked for.
# Result: {"files", "bytes", "problems": [up to 20], "count", "leaving": {"count", "names": [up to 20]}}; `leaving` are links
# in data that lead out of their folder: they come back, and whoever follows them has to be no root.
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

# TYPE MODE LINKS INODE SIZE PATH of everything, links not followed; then what a link says.
find -P "$stage" -mindepth 1 -printf '%y %m %n %i %s %P\0%l\0' >"$work/found"
: >"$work/listing"
: >"$work/problems"
record=$(realpath -- "$stage")/var/lib/myc-wf/backup/files.sha256
# Never through a link: the file it leads to would be read out in the problems.
if [ -n "$verified" ] && [ -f "$record" ] && [ "$(realpath -e -- "$record")" = "$record" ]; then
  cp -- "$record" "$work/listing"
fi
if [ -n "$verified" ] && [ "$(sha256sum <"$work/listing" | cut -d' ' -f1)" != "$listing" ]; then
  echo 'the listing is not the one that the manifest names' >"$work/problems"
fi

# What is listed below the paths, unescaped, into $work/sums (SHA256 PATH NUL); what must not be there into problems; links
# that lead out of their folder into leaving.
perl -e '
  my ($work, $verified, @words) = @ARGV;
  my @places = map { my ($path, $to) = split /\t/; $to //= $path; s{^/}{} for $path, $to; [$path, $to] } @words;
  sub shown { my $name = shift; $name =~ s/([^\x20-\x7e])/sprintf "\\x%02x", ord $1/ge; substr $name, 0, 200 }

  # Where NAME will be on this host, and the folder it came with; what is not taken stays where it is.
  sub place {
    my $name = shift;
    for (@places) { my ($path, $to) = @$_; return ($to . substr($name, length $path), $to) if $name eq $path || index($name, "$path/") == 0 }
    return ($name, undef);
  }

  # Whose a path of this host is. Root reads and writes by the paths of settings, so that nothing may lead elsewhere there.
  sub owner {
    my ($at, $folder) = @_;
    return ($1, 1) if $at =~ m{^(opt/apps/myc-deploy|var/lib/myc-wf|srv/datastore/config(?:/[^/]+)?|srv/datastore/data/[^/]+/\.compose)(?:/|\z)};
    return ($1, 0) if $at =~ m{^(srv/datastore/data/[^/]+)(?:/|\z)};
    return ($folder // "", 0);
  }
  my $above = qr{^(?:srv(?:/datastore(?:/data|/config)?)?|opt(?:/apps(?:/myc-deploy)?)?|var(?:/lib(?:/myc-wf(?:/backup(?:/dumps)?)?)?)?|srv/datastore/data/[^/]+/\.compose)\z};

  # Whether the link AT leads out of FOLDER, by way of other links too.
  my %target;
  sub leaves {
    my ($at, $folder) = @_;
    my @at = split m{/}, $at; my $depth = () = split m{/}, $folder, -1; my $hops = 0;
    pop @at;
    return 1 if $target{$at} =~ m{^/};
    my @rest = split m{/+}, $target{$at};
    while (@rest) {
      my $part = shift @rest;
      next if $part eq "" || $part eq ".";
      if ($part eq "..") { pop @at; return 1 if @at < $depth; next }
      push @at, $part;
      my $next = $target{join "/", @at};
      next if !defined $next;
      return 1 if $next =~ m{^/} || ++$hops > 40;
      pop @at; unshift @rest, split m{/+}, $next;
    }
    0;
  }

  open my $out, ">>", "$work/problems" or die $!;
  my %told;
  sub problem { my $text = join "", @_; print $out "$text\n" if !$told{$text}++ }
  open my $sums, ">", "$work/sums" or die $!; open my $leaving, ">", "$work/leaving" or die $!;
  my (%listed, %is, %links, %names, %folder);
  open my $list, "<", "$work/listing" or die $!;
  while (<$list>) {
    chomp;
    my ($mark, $sum, $name) = /^(\\?)([0-9a-f]{64})  (.+)$/s or do { problem "the listing has a line that is none: ", shown($_); next };
    $name =~ s/\\(.)/$1 eq "n" ? "\n" : $1 eq "r" ? "\r" : $1/ge if $mark;
    if ($name =~ m{^/|(^|/)\.\.?(/|$)|//}) { problem "the listing names a path outside of it: ", shown($name); next }
    $listed{$name} = $sum;
  }
  $/ = "\0";
  open my $found, "<", "$work/found" or die $!;
  while (<$found>) {
    chomp(my $line = $_); chomp(my $target = <$found>);
    my ($type, $mode, $links, $inode, $size, $name) = $line =~ /^(\S+) (\S+) (\S+) (\S+) (\S+) (.*)$/s;
    my ($at, $folder) = place($name); my ($owner, $settings) = owner($at, $folder);
    $is{$name} = $type;
    if ($type !~ /^[fdl]$/) { problem "a device or pipe: ", shown($name) }
    elsif ($type eq "f" && oct($mode) & 06000) { problem "setuid or setgid: ", shown($name) }
    elsif ($type eq "l" && $settings) { problem "a link among settings, which root reads: ", shown("$name -> $target") }
    elsif ($type ne "d" && $at =~ $above || $type eq "l" && $at eq $owner) { problem "a ", $type eq "l" ? "link" : "file", " where a directory belongs: ", shown($name) }
    elsif ($type eq "l" && defined $folder) { $target{$at} = $target; $folder{$at} = $owner }
    if (($settings || $at eq $owner) && $at =~ /[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/) { problem "a control character in a name: ", shown($name) }
    next if $type ne "f";
    if ($links > 1) { $links{$inode} = $links; push @{$names{$inode}}, [$name, $owner] }
    next if !$verified || $name =~ m{^var/lib/myc-wf/backup/(files\.sha256|manifest\.json)$};
    problem "not in the listing: ", shown($name) if !defined $listed{$name};
  }
  for my $inode (sort keys %links) {
    my ($first, @others) = @{$names{$inode}};
    problem "linked to outside of the stage: ", shown($first->[0]) if 1 + @others != $links{$inode};
    my ($other) = grep { $_->[1] ne $first->[1] } @others;
    problem "one file in the folders of two: ", shown($first->[0]), " and ", shown($other->[0]) if $other;
  }
  for (@places) {
    my ($path) = @$_;
    problem "not in the backup: ", shown($path) if !defined $is{$path};
    my $at = "";
    for (split m{/}, $path) { $at = $at eq "" ? $_ : "$at/$_"; problem "a link where a directory belongs: ", shown($at) if ($is{$at} // "") eq "l" && (place($at))[0] !~ $above }
  }
  for my $at (sort keys %target) { print $leaving shown($at), " -> ", shown($target{$at}), "\n" if leaves($at, $folder{$at}) }
  for my $name ($verified ? sort keys %listed : ()) {
    next if !defined((place($name))[1]);
    if ($listed{$name} =~ /^0+$/) { next }
    elsif (($is{$name} // "") ne "f") { problem "missing: ", shown($name) }
    else { print $sums "$listed{$name} $name\0" }
  }
  for ($out, $sums, $leaving) { close $_ or die $! }' "$work" "$verified" "$@"

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
jq -Rcn --argjson files "$(perl -0ne '$n++ if $. % 2 && /^f /; END { print $n + 0 }' "$work/found")" \
  --argjson bytes "$(perl -0ne '$n += $1 if $. % 2 && /^f \S+ \S+ \S+ (\d+)/; END { print $n + 0 }' "$work/found")" \
  --rawfile leaving "$work/leaving" \
  '[inputs] | {files: $files, bytes: $bytes, count: length, problems: .[0:20],
    leaving: ($leaving | split("\n")[:-1] | {count: length, names: .[0:20]})}' "$work/problems" >"$MYC_RESULT"
