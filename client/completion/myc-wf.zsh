#compdef myc-wf
# Completes myc-wf in zsh: eval "$(myc-wf completion zsh)" after compinit, or a file _myc-wf in a folder of $fpath.
_myc_wf() {
  local -a found
  found=(${(f)"$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${found[(Ie):files]} )); then
    _files
  else
    # Without -Q the shell quotes what it inserts: one word, whatever a host called a service.
    compadd -- "${found[@]}"
  fi
}
compdef _myc_wf myc-wf
