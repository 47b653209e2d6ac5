# shellcheck shell=bash
# Completes myc-wf in bash: eval "$(myc-wf completion bash)", or a file in /etc/bash_completion.d.
_myc_wf() {
  local line=${COMP_LINE:0:COMP_POINT} words=() found=() word begun kept quoted
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  begun=${words[${#words[@]} - 1]}
  # Bash breaks words at : @ and =, and replaces only what is behind the last of them.
  kept=${begun%"${COMP_WORDS[COMP_CWORD]}"}
  case ${COMP_WORDS[COMP_CWORD]} in : | = | @) kept=$begun ;; esac
  COMPREPLY=()
  mapfile -t found < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  for word in "${found[@]}"; do
    if [[ $word == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$begun")
    elif [[ -n $word ]]; then
      # Readline inserts it as it stands: quoted, it is one word, whatever a host called a service.
      printf -v quoted %q "${word#"$kept"}"
      COMPREPLY+=("$quoted")
    fi
  done
}
complete -F _myc_wf myc-wf
