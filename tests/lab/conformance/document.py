#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""document.py CATALOGUE RESULTS: the page that says what each kernel does of what is promised.

CATALOGUE is the output of `vfioctl test --list --json`, RESULTS a directory with one HOST.results of
each host (see merge). The page goes to standard output. The status is 1 when a case passed nowhere and
`never` does not say why, when it says so of one that did pass, or when one that passed was not seen to
fail anywhere with the opposite expected.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
HEAD = """\
# What Linux does of what it promises

Written by the matrix of hosts (`make check-matrix`), which boots each of them and runs
`vfioctl test --conformance` on its devices. Do not edit: the check compares.

A cell is `ok`, the errno that was owed and came, `FAILS` with the errno that came instead, or `-` where the
case makes no sense. A host that lacks a cell's way to the device has an empty one.
"""


def table_hosts():
    for line in (HERE / "expected").read_text().splitlines():
        if line.startswith("case "):
            return line.split()[2:]
    raise SystemExit("expected has no line of hosts")


def read_results(directory, hosts):
    cells, proven = {}, set()
    for host in hosts:
        for line in (pathlib.Path(directory) / f"{host}.results").read_text().splitlines():
            case, path, status, got, can_fail = line.split(" ")[:5]
            cells[case, path, host] = (status, got)
            if can_fail == "true":
                proven.add((case, path))
    return cells, proven


def read_never():
    never = {}
    for line in (HERE / "never").read_text().splitlines():
        if line and not line.startswith("#"):
            case, path, reason = line.split(" ", 2)
            never[case, path] = reason
    return never


def cell(result):
    if result is None:
        return ""
    status, got = result
    if status == "skip":
        return "-"
    return ("FAILS " if status == "fail" else "") + got


def print_statement(code, title, cases, hosts, cells):
    print(f"\n## {code}: {title}\n")
    print("| case | what works | way | " + " | ".join(hosts) + " |")
    print("|---" * (3 + len(hosts)) + "|")
    for case in cases:
        for path in case["paths"]:
            row = [cell(cells.get((case["id"], path, host))) for host in hosts]
            print(f"| {case['id']} | {case['title']} | {path} | " + " | ".join(row) + " |")


def faults_of(case, path, hosts, cells, proven, never):
    passed = any(cells.get((case, path, host), ("",))[0] == "pass" for host in hosts)
    name = f"{case} through the {path}"
    if passed and (case, path) in never:
        yield f"{name}: passed, and `never` says it cannot"
    if passed and (case, path) not in proven:
        yield f"{name}: passed, and was never seen to fail with the opposite expected"
    if not passed and (case, path) not in never:
        yield f"{name}: passed nowhere"


def main(catalogue, directory):
    hosts = table_hosts()
    cells, proven = read_results(directory, hosts)
    never = read_never()
    document = json.loads(pathlib.Path(catalogue).read_text())
    print(HEAD)
    print("Hosts: " + ", ".join(hosts) + "; tests/lab/README.md tells what they are.")
    for statement in document["statements"]:
        cases = [c for c in document["cases"] if c["statement"] == statement["code"]]
        if cases:
            print_statement(statement["code"], statement["title"], cases, hosts, cells)
    print("\n## Never seen\n\nNo emulated hardware shows these:\n")
    for (case, path), reason in never.items():
        print(f"- {case} through the {path}: {reason}.")
    faults = [fault for case in document["cases"] for path in case["paths"]
              for fault in faults_of(case["id"], path, hosts, cells, proven, never)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
