"""`wandb completion`, and the answers to the shells that it has taught."""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
)

# As click's own, with one more type of answer: "command", and how many words before this one are of the
# command that `wandb run` shall run. The shell then completes as it does for that command.
BASH = """\
_wandb_completion() {
    local IFS=$'\\n' type value line
    local words="${COMP_WORDS[*]}"
    for line in $(env COMP_WORDS="$words" COMP_CWORD=$COMP_CWORD _WANDB_COMPLETE=bash_complete "$1"); do
        IFS=, read -r type value <<< "$line"
        case $type in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
            command)
                if declare -F _command_offset > /dev/null; then
                    unset IFS
                    _command_offset $((COMP_CWORD - value))
                elif [ "$value" -eq 0 ]; then
                    COMPREPLY=($(compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
                    compopt -o default
                else
                    compopt -o default
                fi ;;
        esac
    done
}
complete -o nosort -F _wandb_completion wandb wandb-wrapper
"""

ZSH = """\
#compdef wandb wandb-wrapper
_wandb_completion() {
    local -a plain described response
    local type key help
    local -x COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) _WANDB_COMPLETE=zsh_complete
    response=("${(@f)$($words[1])}")
    for type key help in $response; do
        case $type in
            plain) if [[ $help == _ ]]; then plain+=("$key"); else described+=("${key//:/\\\\:}:$help"); fi ;;
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            command)
                words=("${(@)words[CURRENT - key, -1]}")
                (( CURRENT = key + 1 ))
                _normal
                return ;;
        esac
    done
    [[ -n $described ]] && _describe -V wandb described -U
    [[ -n $plain ]] && compadd -U -V wandb -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _wandb_completion "$@"
else
    compdef _wandb_completion wandb wandb-wrapper
fi
"""

FISH = """\
function _wandb_completion
    set -l tokens (commandline -opc)
    set -l current (commandline -ct)
    set -lx COMP_WORDS (commandline -cp)
    set -lx COMP_CWORD $current
    set -lx _WANDB_COMPLETE fish_complete
    for line in ($tokens[1])
        set -l answer (string split -m 1 , -- $line)
        switch $answer[1]
            case dir
                __fish_complete_directories $current
            case file
                __fish_complete_path $current
            case plain
                echo $answer[2]
            case command
                set -l words
                set -l first (math 0 - $answer[2])
                test $first -lt 0; and set words (string escape -- $tokens[$first..-1])
                complete --do-complete=(string join -- ' ' $words "$current")
        end
    end
end
complete --no-files --command wandb --command wandb-wrapper --arguments '(_wandb_completion)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


class Bash(BashComplete):
    source_template = BASH


class Zsh(ZshComplete):
    source_template = ZSH

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type}\n{item.value}\n{item.help or '_'}"


class Fish(FishComplete):
    source_template = FISH

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value}" + (f"\t{item.help}" if item.help else "")


for shell in (Bash, Zsh, Fish):
    add_completion_class(shell)


@click.command()
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
def completion(shell: str) -> None:
    """Print what teaches a shell to complete wandb.

    That is verbs, options and runs, and behind `wandb run` whatever the command itself takes.

    \b
        bash   in ~/.bashrc:                   eval "$(wandb completion bash)"
        zsh    in ~/.zshrc, after compinit:    eval "$(wandb completion zsh)"
        fish   in ~/.config/fish/config.fish:  wandb completion fish | source
    """
    click.echo(SCRIPTS[shell], nl=False)
