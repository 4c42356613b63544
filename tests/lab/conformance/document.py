#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""document.py CATALOGUE RESULTS: the page that says what each kernel does of what is promised.

CATALOGUE is the output of `vfioctl test --list --json`, RESULTS a directory with one HOST.results of
each host (see merge). The page goes to standard output. The status is 1 when a case ran nowhere and
`never` does not say why, or when it says so of one that did run.
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
    cells = {}
    for host in hosts:
        for line in (pathlib.Path(directory) / f"{host}.results").read_text().splitlines():
            case, path, status, got = line.split(" ")[:4]
            cells[case, path, host] = (status, got)
    return cells


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


def main(catalogue, directory):
    hosts = table_hosts()
    cells = read_results(directory, hosts)
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
    status = 0
    for case in document["cases"]:
        for path in case["paths"]:
            passed = any(cells.get((case["id"], path, host), ("",))[0] == "pass" for host in hosts)
            if passed == ((case["id"], path) in never):
                print(f"{case['id']} through the {path}: "
                      + ("passed, and `never` says it cannot" if passed else "passed nowhere"),
                      file=sys.stderr)
                status = 1
    return status


sys.exit(main(*sys.argv[1:]))
