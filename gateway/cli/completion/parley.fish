# Completion of parley for fish:  parley completion fish | source
function __parley_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    command $before[1] complete -- $before[2..-1] "$current" 2>/dev/null
end
function __parley_wants_file
    set -l before (commandline -opc)
    test "$before[-1]" = --out
end
complete -c parley -f -a '(__parley_complete)'
complete -c parley -n __parley_wants_file -F
