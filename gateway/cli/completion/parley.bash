# Completion of parley for Bash:  source <(parley completion bash)
_parley() {
  local words=() word rest trimmed line="${COMP_LINE:0:COMP_POINT}" i breaks="" char prefix="" value quoted
  # Bash takes words apart at characters such as ":" and "@": those that were written as one are put together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    trimmed="${line#"${line%%[![:space:]]*}"}"
    ((i == COMP_CWORD)) && word="$trimmed"
    if ((${#words[@]} > 0)) && [[ -n "$word" && "$line" == "$trimmed" ]]; then
      words[${#words[@]} - 1]+="$word"
    elif ((i < COMP_CWORD)) || [[ "$line" != "$trimmed" ]]; then
      words+=("$word")
    fi
    line="${trimmed#"$word"}"
  done
  local current="${words[${#words[@]} - 1]}"
  COMPREPLY=()
  if [[ "${words[${#words[@]} - 2]}" == --out ]]; then
    compopt -o default
    return
  fi
  # Bash replaces what stands behind the last of these characters, and nothing before it; "@" itself it replaces as well.
  for char in : = @; do
    [[ "$COMP_WORDBREAKS" == *"$char"* ]] && breaks+="$char"
  done
  [[ -n "$breaks" ]] && prefix="${current%"${current##*["$breaks"]}"}"
  prefix="${prefix%@}"
  while IFS=$'\t' read -r value rest; do
    printf -v quoted %q "${value#"$prefix"}"
    COMPREPLY+=("$quoted")
  done < <("$1" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _parley parley
