# shellcheck shell=bash disable=SC2154
# manifest.sh USER ADDRESS PORT: closes a backup with the listing of all its files and, last, the manifest (lib/transfer.sh,
# lib/mirror.sh and lib/checksums.sh go before). What changed since the mirror was pushed is pushed again.

# $work/hashed: `SHA256  PATH` of the files that the cache does not know as they are.
checksums() {
  touch "$work/cache"
  perl -0ne 'BEGIN { open my $c, "<", shift; while (<$c>) { $known{substr $_, 65} = 1 } } print unless $known{$_}' \
    "$work/cache" "$work/now" >"$work/fresh"
  perl -0pe 's/^[^\t]*\t//' "$work/fresh" >"$work/fresh-names"
  { sha256_of "${sources[@]}" <"$work/fresh-names" 2>/dev/null || true; } >"$work/hashed" &
  while kill -0 "$!" 2>/dev/null; do
    progress "checksums of $(tr -cd '\0' <"$work/hashed" | wc -c) files"
    sleep 0.5
  done
  wait "$!"
  # A file that changed while it was read has a checksum of nothing that was ever pushed.
  states <"$work/fresh-names" | comm -z -23 "$work/fresh" - | perl -0pe 's/^[^\t]*\t//' >>"$work/volatile"
}

# $work/files.sha256 as sha256sum writes it, with zeros for what is volatile, $work/cache.new, $work/forced; prints the number
# of files and of bytes.
# Forced: other content under the same size and time, which rsync does not see.
listing() {
  perl -e '
    $/ = "\0"; my ($work) = @ARGV; my (%volatile, %hashed, %cached, %before, %line);
    sub each_of { my ($name, $do) = @_; open my $file, "<", "$work/$name" or die "$name: $!"; while (<$file>) { chomp; $do->() } }
    each_of("volatile", sub { $volatile{$_} = 1 });
    each_of("hashed", sub { $hashed{substr $_, 66} = substr $_, 0, 64 });
    each_of("cache", sub {
      my ($sum, $state) = (substr($_, 0, 64), substr $_, 65);
      my ($size, $time, undef, undef, $path) = $state =~ /^(\S+) (\S+) (\S+) (\S+)\t(.*)$/s;
      $cached{$state} = $sum; $before{$path} = [$size, $time, $sum];
    });
    open my $cache, ">", "$work/cache.new" or die $!; open my $forced, ">", "$work/forced" or die $!;
    my ($files, $bytes) = (0, 0);
    each_of("now", sub {
      my ($size, $time, undef, undef, $path) = /^(\S+) (\S+) (\S+) (\S+)\t(.*)$/s;
      $files++; $bytes += $size;
      my $sum = $volatile{$path} ? undef : $cached{$_} // $hashed{$path};
      my $shown = $path; my $mark = $shown =~ s/([\\\n\r])/"\\" . ($1 eq "\\" ? "\\" : $1 eq "\n" ? "n" : "r")/ge ? "\\" : "";
      $line{$path} = $mark . ($sum // "0" x 64) . "  $shown\n";
      return if !defined $sum;
      print $cache "$sum $_\0";
      my $was = $before{$path};
      print $forced "$path\0" if $was && $was->[0] == $size && $was->[1] eq $time && $was->[2] ne $sum;
    });
    # Vanished while the mirror was pushed: it may be there, or not.
    for (keys %volatile) { $line{$_} //= ("0" x 64) . "  $_\n" if !/[\\\n\r]/ }
    open my $list, ">", "$work/files.sha256" or die $!;
    print $list $line{$_} for sort keys %line;
    for ($list, $cache, $forced) { close $_ or die $! }
    print "$files $bytes\n";' "$work"
}

named() { # up to fifty names of standard input, and how many there are
  tr '\0' '\n' | jq -Rcn '[inputs | select(. != "")] | {count: length, names: (.[0:50] | map(.[0:200]))}'
}

manifest() {
  local files bytes
  read -r files bytes <"$work/totals"
  jq -n --argjson head "$head" --argjson files "$files" --argjson bytes "$bytes" \
    --arg listing "$(sha256sum <"$backup/files.sha256" | cut -d' ' -f1)" \
    --argjson links "$(perl -0ne '$n++ if /^L/; END { print $n + 0 }' "$work/paths")" \
    --argjson special "$(perl -0ne 'print if s/^S//' "$work/paths" | named)" \
    --argjson volatile "$(sort -zu "$work/volatile" | named)" \
    --slurpfile databases "$backup/dumps/index.json" \
    '$head + {directories: $ARGS.positional, files: $files, bytes: $bytes, links: $links, listing: $listing, special: $special,
      volatile: $volatile, databases: $databases[0], completedAt: (now | todate)}' \
    --args "${sources[@]}" >"$backup/manifest.json.new"
  if [ "$(stat -c %s "$backup/manifest.json.new")" -gt 65536 ]; then
    echo 'the manifest is over 64 KiB: too many databases or services for one backup' >&2
    exit 1
  fi
  mv -- "$backup/manifest.json.new" "$backup/manifest.json"
}

round=0 forced=0
progress 'looking for changes'
scan now
while ! cmp -s "$work/pushed" "$work/now" && ((round < 3)); do
  round=$((round + 1))
  mirror with_progress "mirror, what changed meanwhile ($round)" 0
  mv -- "$work/now" "$work/pushed"
  scan now
done
# What never held still is named, and its content not vouched for.
comm -z -3 "$work/pushed" "$work/now" | perl -0pe 's/^\t?[^\t]*\t//' | sort -zu >"$work/volatile"
checksums
listing >"$work/totals"
if [ -s "$work/forced" ]; then
  forced=$(tr -cd '\0' <"$work/forced" | wc -c)
  transfer "${as_it_is[@]}" -R --ignore-times --from0 --files-from="$work/forced" / "$server:/"
fi
mv -- "$work/files.sha256" "$backup/files.sha256"
manifest
# The manifest last: it says that all before it is there.
transfer "${as_it_is[@]}" -R --delay-updates "$backup/files.sha256" "$server:/"
transfer "${as_it_is[@]}" -R --delay-updates "$backup/manifest.json" "$server:/"
mv -- "$work/cache.new" "$work/cache"
jq -c --argjson forced "$forced" '{files, bytes, special: .special.count, volatile: .volatile.count, forced: $forced}' \
  "$backup/manifest.json" >"$MYC_RESULT"
