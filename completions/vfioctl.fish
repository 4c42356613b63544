# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfioctl: words from the program's own tables, devices live.

# KIND VERB [OPTION]: the words that `vfioctl help --words` prints for them.
function __vfioctl_words
    vfioctl help --words 2>/dev/null | string match -rg -- '^'(string escape --style=regex -- "$argv")' (\S+)'
end

# The captured machine that was typed, as an option.
function __vfioctl_tree
    set -l words (commandline -opc)
    set -l at (contains -i -- --sysroot $words)
    and set -q words[(math $at + 1)]
    and echo --sysroot=$words[(math $at + 1)]
    string match -- '--sysroot=*' $words
end

# COLUMN: what the devices have in it, of this machine or of that one.
function __vfioctl_live
    set -l tree (string replace -r -- '=~(?=/|$)' "=$HOME" (__vfioctl_tree))
    set -q argv[1]
    and vfioctl list --noheadings --raw --output $argv[1] $tree[-1] 2>/dev/null | string match -v -- - | sort -u
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

# VERB OPTION ARGUMENT FRONT VALUE: what the option takes, behind what stands in front of it.
function __vfioctl_values
    set -l front $argv[4]
    set -l value $argv[5]
    if string match -q -- '*,*' $argv[3]; or test "$argv[3]" = LIST
        set front $front(string match -r -- '^.*[,+]' $value)
        set -q front[1]; or set front $argv[4]
    end
    switch $argv[3]
        case DIR
            printf '%s\n' $argv[4](__fish_complete_directories $value)
        case FILE
            printf '%s\n' $argv[4](__fish_complete_path $value)
        case 'USER*'
            printf '%s\n' $argv[4](__fish_complete_users)
        case COLUMN LIST
            printf '%s\n' $front(__vfioctl_words column $argv[1])
        case '*'
            printf '%s\n' $front(__vfioctl_words word $argv[1] $argv[2])
            __vfioctl_live (__vfioctl_words live $argv[1] $argv[2]) | string replace -r '^' -- "$argv[4]"
    end
end

# Behind a device the second kind, if there is one. No device twice.
function __vfioctl_operands
    set -l kinds (__vfioctl_words operand $argv[1])
    if string match -q -- '*:*.*' (commandline -opc)[-1]; and set -q kinds[2]
        set -e kinds[1]
    end
    switch "$kinds[1]"
        case COMMAND
            vfioctl help --words 2>/dev/null | string match -rg -- '^command (\S+)'
        case DEVICE
            for device in (__vfioctl_live address)
                contains -- $device (commandline -opc); or echo $device
            end
        case DIR
            __fish_complete_directories (commandline -ct)
    end
end

# What the word may be that is being typed.
function __vfioctl_answers
    set -l verb (__vfioctl_verb)
    set -l value (commandline -ct)
    set -l option (commandline -opc)[-1]
    set -l front ''
    if string match -q -- '--*=*' $value
        set option (string replace -r -- '=.*' '' $value)
        set front $option=
        set value (string replace -r -- '^[^=]*=' '' $value)
    else if test "$option" = -o
        set option --output
    end
    set -l argument (__vfioctl_words option $verb $option)
    if set -q argument[1]; and test "$argument" != -
        __vfioctl_values $verb $option $argument "$front" "$value"
    else if string match -q -- '-*' $value
        __vfioctl_words option $verb
    else
        __vfioctl_operands $verb
    end
end

complete -c vfioctl -f
complete -c vfioctl -n 'test (count (commandline -opc)) -lt 2' -a "(vfioctl help --words 2>/dev/null | string replace -rf '^command (\S+) (.*)' '\$1\t\$2')"
complete -c vfioctl -n __vfioctl_has_program -a '(__vfioctl_program)'
complete -c vfioctl -n __vfioctl_has_verb -a '(__vfioctl_answers)'
