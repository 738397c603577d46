#compdef parley
# Completion of parley for zsh:  source <(parley completion zsh), or as a file _parley in a folder of $fpath
_parley() {
  local -a answers
  local value about
  if [[ "${words[CURRENT-1]}" == --out ]]; then
    _files
    return
  fi
  while IFS=$'\t' read -r value about; do
    value="${value//\\/\\\\}"
    answers+=("${value//:/\\:}:$about")
  done < <("${words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -t parley parley answers
}
if [[ "${funcstack[1]}" == _parley ]]; then
  _parley "$@"
else
  compdef _parley parley
fi
