#!/usr/bin/perl
# files.pl COMMAND PATH …: root's work on files in folders that a container or a backup may have filled. It follows no
# link: each folder on the way is opened by its own name inside the one before, so that nothing can be exchanged between
# a look and the act. Perl and these modules are on every Debian (perl-base); lib/helpers.sh has a function for each.
#
#   write FILE MODE OWNER     standard input becomes the file, in one step; a file that is right already stays untouched
#   folder PATH MODE OWNER    makes the folder, and those on the way
#   secret FILE OWNER         makes a password once, on the disk before this ends; prints "made" when it did
#   read FILE                 prints a file
#   read-beneath ROOT PATH    prints a file; links are followed as long as they stay below ROOT
#   append FILE BYTES PROGRAM ARGUMENT…   runs the program with its output added to a log, renamed to FILE.1 above BYTES
#   in FOLDER PROGRAM ARGUMENT…           runs the program inside the folder
#   own FOLDER OWNER          all in the folder belongs to the owner; nothing is done where it and what is right in it do
#   remove PATH               removes a file, or a folder with all in it
#   check PATH…               fails when something on the way is a link
#
# MODE is octal and OWNER UID[:GID]; an empty text or - keeps what is there. FILES_BELOW lists folders, one a line: what
# lies below one of them is not trusted; of any other path the part that is there already is.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);
use POSIX qw(lchown);
use Errno;
my ($library) = $0 =~ m{^(/.*/)} or die "write the path of $0 from / on\n";
require "${library}reach.pl";

sub apply { # to a handle of a file or folder
    my ($path, $handle, $mode, $uid, $gid) = @_;
    my @is = stat $handle;
    if (($uid != -1 && $uid != $is[4]) || ($gid != -1 && $gid != $is[5])) { chown $uid, $gid, $handle or fail("$path: $!") }
    if (defined $mode && $mode != S_IMODE($is[2])) { chmod $mode, $handle or fail("$path: $!") }
}

sub own { # what this folder holds, down to its end
    my ($path, $uid, $gid, $depth) = @_;
    fail("$path is too deep a folder; remove it") if $depth > 200;
    opendir my $list, '.' or fail("$path cannot be read: $!");
    my @names = grep { $_ ne '.' && $_ ne '..' } readdir $list;
    closedir $list;
    sysopen my $here, '.', O_RDONLY | O_DIRECTORY or fail("$path cannot be opened: $!");
    for my $name (@names) {
        my @is = lstat $name or next;
        my $right = $uid == $is[4] && ($gid == -1 || $gid == $is[5]);
        if (S_ISDIR($is[2])) {
            # What has gone meanwhile, or become something else, belongs to whoever put it there.
            if (!sysopen my $next, $name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) {
                $!{ENOENT} || $!{ELOOP} || $!{ENOTDIR} or fail("$path/$name cannot be opened: $!");
            } else {
                chdir $next or fail("$path/$name cannot be entered: $!");
                own("$path/$name", $uid, $gid, $depth + 1);
                chdir $here or fail("$path cannot be entered again: $!");
                apply("$path/$name", $next, undef, $uid, $gid);
            }
        } elsif (!$right && S_ISREG($is[2]) && $is[3] > 1) {
            print STDERR shown("warning: $path/$name has $is[3] names: its owner stays"), "\n";
        } elsif (!$right) {
            lchown($uid, $gid, $name);
        }
    }
}

my %commands = (
    write => sub {
        my ($path, $mode, $owner) = @_;
        my ($root, @names) = split_path($path);
        my ($name, $content) = (pop @names, content_of(\*STDIN));
        my ($wanted, $uid, $gid) = (mode_of($mode // '') // 0644, owner_of($owner // ''));
        my $folder = enter(1, $root, @names);
        my ($file, @is) = open_file($name);
        my $right = $file && $is[3] == 1 && S_IMODE($is[2]) == $wanted && $is[4] == ($uid == -1 ? $> : $uid)
            && ($gid == -1 || $gid == $is[5]) && $is[7] == length $content;
        return if $right && content_of($file) eq $content;
        put($path, $folder, $name, $content, $wanted, $uid, $gid);
    },
    folder => sub {
        my ($path, $mode, $owner) = @_;
        apply($path, enter(1, split_path($path)), mode_of($mode // ''), owner_of($owner // ''));
    },
    secret => sub {
        my ($path, $owner) = @_;
        umask 077;
        my ($root, @names) = split_path($path);
        my $name = pop @names;
        my $folder = enter(1, $root, @names);
        my ($uid, $gid) = owner_of($owner // '');
        my ($file, @is) = open_file($name);
        if ($file && $is[7] > 0) {
            refuse_other_names($path) if $is[3] > 1;
            # One that was made and not told, since the power went, is on the disk from here on.
            sync_handle($file);
            apply($path, $file, $uid == -1 ? undef : 0400, $uid, $gid);
            return sync_handle($folder);
        }
        my @there = lstat $name;
        refuse_what_is_there($path, $name) if @there && !S_ISREG($there[2]);
        open my $random, '<', '/dev/urandom' or fail("/dev/urandom: $!");
        read($random, my $bytes, 32) == 32 or fail('/dev/urandom gives nothing');
        put($path, $folder, $name, unpack('H*', $bytes), $uid == -1 ? 0600 : 0400, $uid, $gid);
        print "made\n";
    },
    read => sub {
        my ($path) = @_;
        my ($root, @names) = split_path($path);
        my $name = pop @names;
        enter(0, $root, @names) or fail("$path is not there");
        my ($file) = open_file($name);
        if (!$file) { lstat $name or fail("$path is not there"); refuse_what_is_there($path, $name) }
        print content_of($file);
    },
    'read-beneath' => sub {
        my ($root, $path) = @_;
        my $folder = enter(0, split_path($root)) or fail("$root is not there");
        # openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, the same number on every processor.
        my $how = pack 'QQQ', O_RDONLY | O_NONBLOCK, 0, 0x08 | 0x02;
        my $number;
        # Where anything of the host is renamed meanwhile, the kernel cannot tell where a ".." leads, and has to be asked again.
        for (1 .. 1000) {
            $number = syscall 437, fileno $folder, "$path", $how, length $how;
            last if $number >= 0 || !$!{EAGAIN};
            select undef, undef, undef, 0.001;
        }
        fail("$root/$path cannot be read: $!") if $number < 0;
        open my $file, '<&=', $number or fail("$root/$path: $!");
        S_ISREG((stat $file)[2]) or fail("$root/$path is no file; remove it");
        print content_of($file);
    },
    append => sub {
        my ($path, $limit, @program) = @_;
        my ($root, @names) = split_path($path);
        my $name = pop @names;
        enter(1, $root, @names);
        my @is = lstat $name;
        if (@is && S_ISREG($is[2]) && $is[7] > $limit) { rename $name, "$name.1" or fail("$path.1: $!") }
        sysopen my $log, $name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600
            or refuse_what_is_there($path, $name);
        @is = stat $log;
        fail("$path is no file; remove it") if !S_ISREG($is[2]);
        refuse_other_names($path) if $is[3] > 1;
        chdir '/';
        open STDOUT, '>&', $log and open STDERR, '>&', $log or fail("$path: $!");
        exec { $program[0] } @program or fail("$program[0]: $!");
    },
    in => sub {
        my ($path, @program) = @_;
        enter(0, split_path($path)) or fail("$path is not there");
        exec { $program[0] } @program or fail("$program[0]: $!");
    },
    own => sub {
        my ($path, $owner) = @_;
        my ($uid, $gid) = owner_of($owner);
        fail("'$owner' is no number of an account") if $uid == -1;
        my $folder = enter(0, split_path($path)) or fail("$path is not there");
        my $belongs = sub { my @is = lstat $_[0]; !@is || ($uid == $is[4] && ($gid == -1 || $gid == $is[5])) };
        opendir my $list, '.' or fail("$path cannot be read: $!");
        return if !grep { $_ ne '..' && !$belongs->($_) } readdir $list;
        own($path, $uid, $gid, 0);
        # Last, so that one that was cut off is done again.
        apply($path, $folder, undef, $uid, $gid);
    },
    remove => sub {
        my ($path) = @_;
        my ($root, @names) = split_path($path);
        my $name = pop @names;
        enter(0, $root, @names) or return;
        exec 'rm', '-rf', '--', "./$name" or fail("rm: $!");
    },
    check => sub {
        for my $path (@_) {
            my ($root, @names) = split_path($path);
            my $name = pop @names;
            enter(0, $root, @names) or next;
            refuse_what_is_there($path, $name) if -l $name;
        }
    },
);

my ($command, @arguments) = @ARGV;
my $run = $commands{ $command // '' } or fail("write one of: @{[sort keys %commands]}");
@arguments or fail("$command wants a path");
$run->(@arguments);
