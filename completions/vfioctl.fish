# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfioctl: words from the program's own tables, devices live.

function __vfioctl_words
    vfioctl help --words 2>/dev/null | string match -rg -- $argv[1]
end

function __vfioctl_verb
    set -l words (commandline -opc)
    set -q words[2]; and echo $words[2]
end

# Behind the -- of run stands a command with arguments of its own.
function __vfioctl_has_program
    set -l words (commandline -opc)
    test "$words[2]" = run; and contains -- -- $words
end

function __vfioctl_program
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function __vfioctl_has_verb
    test (count (commandline -opc)) -ge 2; and not __vfioctl_has_program
end

complete -c vfioctl -f
complete -c vfioctl -n 'test (count (commandline -opc)) -lt 2' -a "(vfioctl help --words 2>/dev/null | string replace -rf '^command (\S+) (.*)' '\$1\t\$2')"
complete -c vfioctl -n __vfioctl_has_program -a '(__vfioctl_program)'
complete -c vfioctl -n '__vfioctl_has_verb; and string match -q -- "-*" (commandline -ct)' -a '(__vfioctl_words "^option "(__vfioctl_verb)" (\S+)")'
complete -c vfioctl -n '__vfioctl_has_verb; and contains -- (commandline -opc)[-1] --rule --ignore --format' -a '(__vfioctl_words "^word "(__vfioctl_verb)" (\S+)")'
complete -c vfioctl -n '__vfioctl_has_verb; and contains -- (commandline -opc)[-1] --sort' -a '(__vfioctl_words "^column "(__vfioctl_verb)" (\S+)")'
complete -c vfioctl -n '__vfioctl_has_verb; and contains -- (commandline -opc)[-1] --color' -a 'auto always never'
complete -c vfioctl -n 'contains -- topology (commandline -opc); and contains -- (commandline -opc)[-1] -o --output' -F
complete -c vfioctl -n '__vfioctl_has_verb; and test (__vfioctl_verb) = snapshot; and not string match -q -- "-*" (commandline -ct)' -a '(__fish_complete_directories (commandline -ct))'
complete -c vfioctl -n '__vfioctl_has_verb; and test (__vfioctl_verb) != snapshot; and not contains -- (commandline -opc)[-1] --rule --ignore --format --sort --color; and not string match -q -- "-*" (commandline -ct)' -a '(vfioctl list --noheadings --raw --output address 2>/dev/null)'
