#!/usr/bin/env python3
"""Counts the rows of list snapshots without any code of the project: count-lists.py FOLDER."""

import csv
import gzip
import pathlib
import sys

csv.field_size_limit(1 << 24)
folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*/*")):
    name = path.relative_to(folder).as_posix()
    opener = gzip.open if name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t" if name.endswith(".txt") else ","))
    rows = [row for row in rows if row and row != ["\x1a"]]
    # a header names its columns and holds no number in the first one
    if rows and not rows[0][0].strip().isdigit():
        rows = rows[1:]
    print(f"{name}\t{len(rows)}")
