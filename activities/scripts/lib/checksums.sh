# shellcheck shell=bash
# Checksums of files that others may change; goes before a script that calls sha256_of.

# `SHA256  PATH`, NUL after each, of the regular files below / that are named on standard input in the same way. A container may
# put a link, a pipe or a device in the place of a file or of a folder on its way at any moment: what was opened decides, and
# where it was found to be. What is no file at its own path any more is left out. FOLDER are the ones that the names are below;
# only they may be reached by a link.
sha256_of() { # FOLDER…
  local folder words=()
  for folder in "$@"; do words+=("$folder" "$(realpath -m -- "$folder")"); done
  perl -MFcntl -e '
    $/ = "\0"; $^F = 1000; # What is opened is handed on.
    my @folders; while (@ARGV) { push @folders, [splice @ARGV, 0, 2] }
    my $path_only = 010000000; # O_PATH opens nothing yet: no device notices, and no pipe holds.

    sub expected { # Where a file has to be for its name to be true.
      my $name = "/" . shift;
      for (@folders) { my ($folder, $real) = @$_; return $real . substr $name, length $folder if $name eq $folder || index($name, "$folder/") == 0 }
      $name;
    }

    my (@open, %name);
    sub hash {
      return if !@open;
      open my $sums, "-|", "sha256sum", "-z", "--", map { "/proc/self/fd/" . fileno $_ } @open or die "sha256sum: $!";
      while (<$sums>) { chomp; my ($sum, $fd) = m{^([0-9a-f]{64})  /proc/self/fd/(\d+)$}s or next; print "$sum  $name{$fd}\0" }
      close $sums; # A file that cannot be read is left out.
      @open = (); %name = ();
    }
    while (<STDIN>) {
      chomp;
      sysopen my $file, "/$_", $path_only | O_NOFOLLOW or next;
      next if !-f $file || (readlink("/proc/self/fd/" . fileno $file) // "") ne expected($_);
      push @open, $file; $name{fileno $file} = $_;
      hash() if @open == 200;
    }
    hash()' "${words[@]}"
}
