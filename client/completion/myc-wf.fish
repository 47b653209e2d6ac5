# Completes myc-wf in fish: myc-wf completion fish | source, or a file myc-wf.fish in ~/.config/fish/completions.
function __myc_wf
    set -l words (commandline -opc) (commandline -ct)
    for word in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test "$word" = :files
            __fish_complete_path (commandline -ct)
        else
            # The shell quotes what it inserts; a tab would begin a description.
            printf '%s\n' (string replace --all \t ' ' -- $word)
        end
    end
end
complete -c myc-wf -f -a '(__myc_wf)'
