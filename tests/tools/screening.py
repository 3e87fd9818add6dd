#!/usr/bin/env python3
"""Labelled names for the screening engine: makes them, measures the engine on them, compares its speed.

    python3 tests/tools/screening.py build --corpus SNAPSHOTS [--organisations CSV] --compact tests/data/screening --full DIR
    python3 tests/tools/screening.py publishers --out names.csv PATH…
    python3 tests/tools/screening.py evaluate --set DIR --screen "sovaudit screen --data-dir D" [--publishers names.csv] [--pairs CSV]…
    python3 tests/tools/screening.py speed --set DIR --names names.csv --screen "…" (Python with rapidfuzz)

SNAPSHOTS is a folder with OFAC legacy CSV files (`ofac-sdn-2024-06/sdn.csv`, `ofac-sdn-2025-12/alt.csv`, …). Everything
is drawn from seeds that come of the names themselves: the same snapshots give the same set, byte for byte. All rows
about one party are in the same half, `tune` or `test`: engines are tuned on the first and reported on the second.

The compact form keeps rows of the public-domain lists and names of organisations only; names of persons who are not
listed are made at run time and never written into the repository. Python standard library only, save for `speed`.
"""
import argparse
import collections
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from screening_set import build as making  # noqa: E402
from screening_set import lists, negatives  # noqa: E402

LOOK_ALIKES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures", "screening", "look-alikes.csv")


def build(options):
    sdn, cons, denied = lists.read_corpus(options.corpus)
    if len(sdn) < 1000:
        sys.exit(f"{options.corpus}: only {len(sdn)} parties; give the folder that holds ofac-sdn-2024-06 and the others")
    organisations = negatives.read_rows(options.organisations) if options.organisations else []
    look_alikes = negatives.read_rows(LOOK_ALIKES) if os.path.exists(LOOK_ALIKES) else []
    made = making.build(sdn, cons, organisations, look_alikes)
    rows = sorted(made.rows, key=lambda row: (row["category"], row["id"]))
    if options.compact:
        making.write_csv(os.path.join(options.compact, "queries.csv"), making.FIELDS, rows)
        chosen = list(made.used.values())
        chosen += making.distractors(made, sdn, max(0, options.parties - len(chosen)))
        making.write_index(options.compact, made, chosen, compact=True)
    if options.full:
        negatives.family_names(made, sdn, 200)
        rows = sorted(made.rows, key=lambda row: (row["category"], row["id"]))
        making.write_csv(os.path.join(options.full, "queries.csv"), making.FIELDS, rows)
        making.write_index(options.full, made, sdn + cons, compact=False)
        with open(os.path.join(options.corpus, "bis-dpl-2022-09", "dpl.txt"), "rb") as file:
            content = file.read()
        with open(os.path.join(options.full, "dpl.txt"), "wb") as file:
            file.write(content)
    for category, count in sorted(collections.Counter(row["category"] for row in rows).items()):
        print(f"{category:32} {count:5}")
    positive = sum(bool(row["expected"]) for row in rows)
    print(f"{len(rows)} queries, {positive} mean a listed party; list of {len(sdn)} + {len(cons)} + {len(denied)} parties")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser("build", help="make the labelled set")
    make.add_argument("--corpus", required=True)
    make.add_argument("--organisations", help="CSV with name, kind, country_iso2, list_status")
    make.add_argument("--compact", help="folder for the form that is kept in the repository")
    make.add_argument("--full", help="folder for the form with whole lists")
    make.add_argument("--parties", type=int, default=4000, help="size of the compact list")
    make.set_defaults(run=build)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
