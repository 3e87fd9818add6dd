#!/usr/bin/env python3
"""Counts the rows of list snapshots without any code of the project, and says whether an import has the same number.

    python3 tests/tools/count-lists.py FOLDER [--sovaudit target/release/sovaudit]

FOLDER holds one folder per snapshot. With --sovaudit the files of every snapshot are imported together into a store of their
own, and the records, parties and bad rows that `rules lists` tells stand beside the rows of the primary file. Exit code 1 when
a number differs. Snapshots without a primary file cannot be imported: they are counted only.
"""

import argparse
import csv
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

csv.field_size_limit(1 << 24)
PRIMARY = ("sdn.csv", "cons_prim.csv", "dpl.txt", "csl.csv", "consolidated.csv")
TAKE_ALL = ["--allow-stale", "--accept-shrink", "--accept-incomplete"]


def rows_of(path):
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t" if ".txt" in path.name else ","))
    # the byte that ends a file of old is no row, and may have fields behind it
    rows = [row for row in rows if row and row[0].strip() != "\x1a"]
    # a header names its columns and holds no number in the first one
    return rows[1:] if rows and not rows[0][0].strip().isdigit() else rows


def imported(program, files):
    """What the store says after the import: lists with parties, records and bad rows of all sources."""
    with tempfile.TemporaryDirectory() as data:
        words = [program, "rules", "import", *map(str, files), "--data-dir", data, *TAKE_ALL]
        ended = subprocess.run(words, capture_output=True, text=True)
        if ended.returncode:
            return ended.stderr.strip()
        told = subprocess.run([program, "rules", "lists", "--data-dir", data, "--format", "json"], capture_output=True, check=True)
        return list(json.loads(told.stdout)["sources"].values())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sovaudit")
    options.add_argument("folder", type=pathlib.Path)
    given = options.parse_args()
    differs = False
    for folder in sorted(one for one in given.folder.iterdir() if one.is_dir() and one.name != "labelled"):
        files = sorted(one for one in folder.iterdir() if one.name != "dataspec.txt")
        counts = {one.name: len(rows_of(one)) for one in files}
        for name, count in counts.items():
            print(f"{folder.name}/{name}\t{count}")
        primary = next((name for name in counts if name.removesuffix(".gz") in PRIMARY), None)
        if not given.sovaudit or not primary:
            continue
        sources = imported(given.sovaudit, files)
        if isinstance(sources, str):
            print(f"  NOT IMPORTED: {sources}")
            differs = True
            continue
        records, bad = sum(one["records"] for one in sources), sum(one["bad_rows"] for one in sources)
        same = records == counts[primary] and bad == 0
        differs |= not same
        parties = sum(one["parties"] for one in sources)
        print(f"  import: {records:,} records, {bad} bad rows, {parties:,} parties: {'the same' if same else 'DIFFERS'}")
    sys.exit(differs)


if __name__ == "__main__":
    main()
