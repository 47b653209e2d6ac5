# Reaches files and folders through no link; the commands of files.pl stand on it.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);
use Errno;
use IO::Handle;

# A name that a container gave may hold what steers a terminal.
sub shown {
    my $text = join '', @_;
    return $text =~ s/[^\x20-\x7e]/?/gr if !utf8::decode($text);
    $text =~ s/[\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/?/g;
    utf8::encode($text);
    return $text;
}
sub fail { print STDERR 'error: ', shown(@_), "\n"; exit 1 }

# Says by name what stands where a file or folder of another kind has to be, and what to do about it.
sub refuse_what_is_there {
    my ($path, $name) = @_;
    my @found = lstat $name or fail("$path cannot be opened: $!");
    if (S_ISLNK($found[2])) {
        my $target = readlink($name) // '?';
        fail("$path is a link to $target, and root follows no link here; remove it, or mount a folder there (mount --bind)");
    }
    my $kind = S_ISDIR($found[2]) ? 'a folder' : S_ISREG($found[2]) ? 'a file' : 'a special file';
    fail("$path is $kind, which is in the way; remove it");
}
sub refuse_other_names { fail("$_[0] has other names (hard links), and writing to it would change them; remove it") }

sub mode_of { return $_[0] =~ /^[0-7]{3,4}$/ ? oct $_[0] : $_[0] =~ /^-?$/ ? undef : fail("'$_[0]' is no mode") }
sub owner_of {
    my ($text) = @_;
    return (-1, -1) if $text =~ /^-?$/;
    $text =~ /^(\d{1,10})(?::(\d{1,10}))?$/ or fail("'$text' is no number of an account");
    return ($1, $2 // -1);
}

# On a new host a trusted folder may have to be made, too: what is missing of it goes to the names.
sub what_is_there {
    my ($root, @names) = @_;
    unshift @names, pop @$root while @$root && !-e '/' . join '/', @$root;
    return ('/' . join('/', @$root), @names);
}

# The trusted folder that a path begins with, and the names that follow it.
sub split_path {
    my ($path) = @_;
    fail("'$path' is no absolute path") if $path !~ m{^/} || $path =~ m{(^|/)\.\.?(/|$)|\0};
    my @names = grep { $_ ne '' } split m{/}, $path;
    for my $below (grep { m{^/} } split /\n/, $ENV{FILES_BELOW} // '/srv/datastore') {
        my @root = grep { $_ ne '' } split m{/}, $below;
        next if @names <= @root || join('/', @names[0 .. $#root]) ne join('/', @root);
        return what_is_there([@root], @names[@root .. $#names]);
    }
    my $last = pop @names // fail('/ is no file');
    return what_is_there(\@names, $last);
}

# Changes into the folder, and returns a handle of it; what is missing is made when asked for, else nothing is returned.
sub enter {
    my ($make, $root, @names) = @_;
    chdir $root or fail("$root cannot be entered: $!");
    sysopen my $folder, '.', O_RDONLY | O_DIRECTORY or fail("$root cannot be opened: $!");
    my $path = $root eq '/' ? '' : $root;
    for my $name (@names) {
        $path .= "/$name";
        my $new = $make && mkdir $name, 0777;
        if (!sysopen my $next, $name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) {
            return if $!{ENOENT} && !$make;
            refuse_what_is_there($path, $name);
        } else {
            sync_handle($folder) if $new;
            chdir $next or fail("$path cannot be entered: $!");
            $folder = $next;
        }
    }
    return $folder;
}

# A file system without this for folders says EINVAL.
sub sync_handle { $_[0]->sync or $!{EINVAL} or fail("it cannot be written to the disk: $!") }

# A regular file under a name of this folder, opened for reading; nothing for whatever else is there.
sub open_file {
    my ($name) = @_;
    my @found = lstat $name or return;
    return if !S_ISREG($found[2]);
    sysopen my $file, $name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or return;
    my @opened = stat $file;
    return S_ISREG($opened[2]) ? ($file, @opened) : ();
}
sub content_of { my ($file) = @_; local $/; binmode $file; return scalar(<$file>) // '' }

sub put {
    my ($path, $folder, $name, $content, $mode, $uid, $gid) = @_;
    my $new = ".$name.new";
    my ($file, $made);
    # What a run that was cut off left goes, and so does what somebody planted; who goes on planting is told.
    for (1 .. 50) {
        last if $made = sysopen $file, $new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600;
        fail("$path cannot be written: $!") if !$!{EEXIST};
        unlink $new or rmdir $new;
    }
    refuse_what_is_there(($path =~ s{[^/]+$}{$new}r), $new) if !$made;
    my $undone = sub { my $why = "$!"; unlink $new; fail("$path cannot be written: $why") };
    if ($uid != -1 || $gid != -1) { chown $uid, $gid, $file or $undone->() }
    chmod $mode, $file or $undone->();
    binmode $file;
    for (my $at = 0; $at < length $content;) {
        my $count = syswrite($file, $content, 1 << 20, $at) or $undone->();
        $at += $count;
    }
    sync_handle($file);
    if (!rename $new, $name) {
        my $why = "$!";
        unlink $new;
        refuse_what_is_there($path, $name) if -d $name && !-l $name;
        fail("$path cannot be put in place: $why");
    }
    sync_handle($folder);
}

1;
