#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""manual.py VFIOCTL MAN [--cases]: hold the manual's lists against the tables of the program.

The rules of doctor, the cases of test, the keys of each JSON document and the fields of show's sheets must stand
in MAN, the directory of the pages' sources, and nothing else may. With --cases, print the list of cases for
vfioctl-test(8).
"""
import json
import re
import subprocess
import sys

vfioctl, man = sys.argv[1:3]
wrong = []


def ask(*words):
    return json.loads(subprocess.run([vfioctl, *words], check=True, capture_output=True).stdout)


def page(name):
    with open(f"{man}/{name}.scd", encoding="utf-8") as file:
        return file.read()


def compare(name, has, owed):
    """Two dictionaries: what is said of each thing by the page, and by the program."""
    for key in sorted(owed.keys() - has.keys()):
        wrong.append(f"{name}: no {key} ({owed[key]})")
    for key in sorted(has.keys() - owed.keys()):
        wrong.append(f"{name}: {key}, which is not in the program")
    for key in sorted(has.keys() & owed.keys()):
        if has[key] != owed[key]:
            wrong.append(f"{name}: {key} is '{has[key]}', not '{owed[key]}'")


# --- rules and cases -------------------------------------------------------------------------------


def rules():
    has = dict(re.findall(r"^\*([a-z0-9-]+)\* \((error|warning|info)\)$", page("vfioctl-doctor.8"), re.M))
    compare("vfioctl-doctor.8", has, {r["id"]: r["severity"] for r in ask("doctor", "--list-rules", "--json")["rules"]})


def cases_of(catalogue):
    """Titles by id: where the ways to a device differ in theirs, one behind the other."""
    titles = {}
    for case in catalogue["cases"]:
        known = titles.setdefault(case["id"], [])
        if case["title"] not in known:
            known.append(case["title"])
    return {case: "; ".join(known) for case, known in titles.items()}


def cases():
    catalogue = ask("test", "--list", "--json")
    text = page("vfioctl-test.8")
    has = dict(re.findall(r"^- \*([A-Z][0-9]+)\* (.*)$", text, re.M))
    compare("vfioctl-test.8", has, cases_of(catalogue))
    has = dict(re.findall(r"^## ([A-Z0-9]+): (.*)$", text, re.M))
    compare("vfioctl-test.8", has, {s["code"]: s["title"] for s in catalogue["statements"]})


def print_cases():
    catalogue = ask("test", "--list", "--json")
    titles = cases_of(catalogue)
    for statement in catalogue["statements"]:
        ids = sorted({c["id"] for c in catalogue["cases"] if c["statement"] == statement["code"]})
        print(f"## {statement['code']}: {statement['title']}\n")
        print("\n".join(f"- *{case}* {titles[case]}" for case in ids) + "\n")


# --- the keys of documents ------------------------------------------------------------------------
#
# A section of vfioctl-json(5) names its documents in its first paragraph. A row is "*key*, *key* (type)", and
# what is indented below tells of what is in it; text that ends with a colon, as "Each has these:", makes the
# rows at its side its own. "As in *SHOW*" lends what that section tells, "as above" its own.

ROW = re.compile(r"^(\t*)(\*\w+\*(?:(?: \([a-z ]+\))?, \*\w+\*)*) \([a-z ]+\)$")


def sections_of(name):
    return dict(re.findall(r"^# (.*)\n((?:(?!# ).*\n)*)", page(name), re.M))


sections = sections_of("vfioctl-json.5")


def object_of(schema):
    """What a value is made of: properties by key; none for scalars."""
    for inner in schema.get("anyOf", []) + ([schema["items"]] if "items" in schema else []):
        if object_of(inner):
            return object_of(inner)
    return schema.get("properties", {})


def schemas():
    words = subprocess.run([vfioctl, "help", "--words"], check=True, capture_output=True, text=True).stdout
    found = {}
    for name in re.findall(r"^command (\S+)", words, re.M) + ["error", "rules", "cases"]:
        answer = subprocess.run([vfioctl, "help", "--schema", name], capture_output=True, check=False)
        if answer.returncode == 0:
            found[name] = json.loads(answer.stdout)["properties"]
            del found[name]["schema"]
    return found


def rows_of(lines):
    """[(keys, text, rows below)] of the rows that are not below another."""
    rows, depth = [], 0
    for number, line in enumerate(lines):
        row = ROW.match(line)
        if not row or rows and len(row[1]) > depth:
            continue
        depth = len(row[1])
        body = []
        for inner in lines[number + 1:]:
            if ROW.match(inner) and len(ROW.match(inner)[1]) <= depth:
                break
            body.append(inner)
        text = "\n".join(body).split("\n\n" + "\t" * (depth + 1) + "*")[0].strip()
        if text.endswith(":") and not any(map(ROW.match, body)):
            return rows + [(re.findall(r"\*(\w+)\*", row[2]), text, rows_of(lines[number + 1:]))]
        rows.append((re.findall(r"\*(\w+)\*", row[2]), text, rows_of(body)))
    return rows


def hold(heading, where, owed, rows, lent):
    """The rows against the properties of an object; lent: keys that are told elsewhere."""
    has = {key for keys, _, _ in rows for key in keys}
    wrong.extend(f"{where}: no {key}" for key in sorted(owed.keys() - has - lent))
    wrong.extend(f"{where}: {key}, which is not in it" for key in sorted(has - owed.keys()))
    for keys, text, below in rows:
        for key in keys:
            inner = object_of(owed.get(key, {}))
            named = set(re.findall(r"\*(\w+)\*", text))
            also = {word for other in sections if f"*{other}*" in text or other == heading and "as above" in text
                    for word in re.findall(r"\*(\w+)\*", sections[other])}
            if inner:
                hold(heading, f"{where}, {key}", inner, below, named | also)


def documents(owed):
    told = set()
    for heading, body in sections.items():
        rows = rows_of(body.split("\n"))
        names = re.findall(r"_vfioctl\.(\w+)/1_", body.strip().split("\n\n")[0])
        if rows and not names:
            wrong.append(f"vfioctl-json.5, {heading}: keys of no document")
        for name in names if rows else []:
            hold(heading, f"vfioctl-json.5, {heading}", owed.get(name, {}), rows, set())
            told.add(name)
    wrong.extend(f"vfioctl-json.5: no document {name}" for name in sorted(owed.keys() - told))


# --- the sheets of show ----------------------------------------------------------------------------


def sheets(owed):
    """A section for each sheet; list has told of the fields that are its columns."""
    listed, shown = object_of(owed["list"]["devices"]), object_of(owed["show"]["devices"])
    inner = {"USER": object_of(shown.pop("user")), "PROBE": object_of(shown.pop("probe"))}
    hold_sheet("FIELDS", shown.keys() - listed.keys(), shown.keys())
    for heading, keys in inner.items():
        hold_sheet(heading, keys.keys(), keys.keys())


def hold_sheet(heading, owed, possible):
    """In the sheet a blank stands where a key has an underscore. A row begins with what it tells of."""
    text = sections_of("vfioctl-show.8").get(heading, "")
    text = re.sub(r"\*([^*\n]+)\*", lambda label: label[0].replace(" ", "_"), text)
    rows = re.findall(r"^\*\w+\*(?:, \*\w+\*)*$", text, re.M)
    told, rows = (set(re.findall(r"\*(\w+)\*", part)) for part in (text, "\n".join(rows)))
    wrong.extend(f"vfioctl-show.8, {heading}: no {key}" for key in sorted(owed - told))
    wrong.extend(f"vfioctl-show.8, {heading}: {key}, which is not in it" for key in sorted(rows - possible))


if sys.argv[3:] == ["--cases"]:
    print_cases()
    sys.exit()
rules()
cases()
documents(schemas())
sheets(schemas())
sys.exit("\n".join(wrong) or 0)
