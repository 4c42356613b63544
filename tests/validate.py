# SPDX-License-Identifier: GPL-2.0-or-later
"""validate.py SCHEMAS DOCUMENTS: every JSON file of a directory against the schema that it names."""
import json
import pathlib
import sys

import jsonschema


def main(schemas, documents):
    validators = {}
    for file in pathlib.Path(schemas).glob("vfioctl.*.json"):
        name = file.stem.replace("-1", "/1")
        validators[name] = jsonschema.Draft202012Validator(json.loads(file.read_text()))
    bad = 0
    for file in sorted(pathlib.Path(documents).glob("*.json")):
        document = json.loads(file.read_text())
        for error in validators[document["schema"]].iter_errors(document):
            bad += 1
            print(f"        {file.name}: {error.json_path}: {error.message[:200]}")
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
