#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""readme.py VFIOCTL: hold what README.md says against the program and the tree, from whose top it is run.

The count and the names of the commands, the commands and options that it shows, its exit statuses, the words of
--force, make's targets, the packages to build with, how long the lab takes, and its links. What its session prints is
held by tests/lab/suite/manual.bats.
"""
import os
import re
import subprocess
import sys

NUMBERS = "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
    "seventeen eighteen nineteen twenty".split()
vfioctl = sys.argv[1]
wrong = []


def ask(*words):
    return subprocess.run([vfioctl, *words], check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


readme = read("README.md")
words = [line.split(" ", 3) for line in ask("help", "--words").splitlines()]
verbs = [verb for kind, verb, *_ in words if kind == "command"]


def known(kind, verb):
    return {word[2] for word in words if word[:2] == [kind, verb]}


def compare(what, has, owed):
    for one in sorted(owed - has):
        wrong.append(f"{what}: no {one}")
    for one in sorted(has - owed):
        wrong.append(f"{what}: {one}, which is not so")


# help is none that does the work.
def commands():
    found = re.search(r"^(\w+) commands do the work: (.*?)\n\n", readme, re.M | re.S)
    compare("commands", set(re.findall(r"`([a-z]+)`", found[2])) & set(verbs), set(verbs) - {"help"})
    compare("count of commands", {found[1].lower()}, {NUMBERS[len(verbs) - 1]})


def code():
    """What is set as code: the lines of blocks, and pieces of the text."""
    fence = re.compile(r"^```\n(.*?)^```$", re.M | re.S)
    pieces = re.findall(r"`([^`]+)`", fence.sub("", readme))
    return "".join(fence.findall(readme)).splitlines() + [" ".join(piece.split()) for piece in pieces]


def shown(line):
    """A command of vfioctl's, without what is behind a pipe."""
    verb, *rest = line.split(" | ")[0].split()
    if verb not in verbs:
        wrong.append(f"vfioctl {line}: there is no such command")
    for option in (word.split("=")[0] for word in rest if word.startswith("--")):
        if option not in known("option", verb):
            wrong.append(f"vfioctl {line}: no option {option}")
    columns = known("column", verb)
    for name, listed in zip(rest, rest[1:]):
        if name == "-o" and columns:
            wrong.extend(f"vfioctl {line}: no column {one}" for one in listed.split(",") if one not in columns)


# Help and README word an exit status alike, as far as README goes.
def statuses():
    sentence = re.search(r"^Exit statuses are .*?:(.*?)\n\n", readme, re.M | re.S)[1].replace("*", "")
    owed = dict(re.findall(r"^  ([0-9]+) {2,}(.*)$", ask("help").split("\nExit status:\n")[1], re.M))
    has = re.findall(r"\b([0-9]+) ([a-z ]+[a-z])", sentence)
    for number, text in has:
        if not owed.get(number, "").lower().startswith(text):
            wrong.append(f"exit status {number}: '{text}', not '{owed.get(number)}'")
    if not has:
        wrong.append("exit status: none is told")


def refusals():
    found = set(",".join(re.findall(r"--force=([a-z,-]+)", readme)).split(","))
    compare("--force", found - set(re.findall(r"^\*([a-z-]+)\*$", read("man/vfioctl-bind.8.scd"), re.M)), set())


def targets():
    found = {name for line in code() for name in re.findall(r"(?:^|&& )make ([a-z-]+)", line)}
    owned = set(re.findall(r"^([a-z-]+):", read("Makefile") + read("tests/lab/lab.mk"), re.M))
    compare("make", found - owned, set())


# The headers of the kernel come with those of the C library.
def packages():
    found = re.search(r"^apt-get install ((?:.*\\\n)*.*)$", readme, re.M)[1].replace("\\", " ")
    owed = set(re.findall(r"^build +([^ \n]+)", read("tests/lab/host-packages"), re.M))
    compare("packages", set(found.split()), owed - {"linux-libc-dev"})


def first_time():
    compare("first build", set(re.findall(r"[0-9]+ to [0-9]+ minutes", readme)),
            set(re.findall(r"\(once; ([0-9]+ to [0-9]+ minutes)", read("tests/lab/README.md"))))


def links():
    found = re.findall(r"\]\(([^):#]+)\)", readme)
    wrong.extend(f"link: there is no {path}" for path in found if not os.path.exists(path))
    for page in re.findall(r"\b(vfioctl[a-z-]*)\(([0-9])\)", readme):
        if not os.path.exists("man/{}.{}.scd".format(*page)):
            wrong.append("there is no {}({})".format(*page))


def commands_shown():
    for line in code():
        for command in re.findall(r"^(?:# )?vfioctl ([a-z].*)", line):
            shown(command)


for check in commands, commands_shown, statuses, refusals, targets, packages, first_time, links:
    check()
print("\n".join(wrong))
sys.exit(bool(wrong))
