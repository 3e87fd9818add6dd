#!/usr/bin/env python3
"""Labelled names for the screening engine: makes them, measures the engine on them, compares its speed.

    python3 tests/tools/screening.py build --corpus SNAPSHOTS [--organisations CSV] --compact tests/data/screening --full DIR
    python3 tests/tools/screening.py publishers --out names.csv PATH…
    python3 tests/tools/screening.py evaluate --set DIR --screen "sovaudit screen --data-dir D" [--publishers names.csv] [--pairs CSV]…
    python3 tests/tools/screening.py grow --set DIR --parties 50000 --out large.csv
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
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from screening_set import build as making  # noqa: E402
from screening_set import grow, lists, measure, negatives  # noqa: E402
from screening_set import publishers as harvest  # noqa: E402

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


def publishers(options):
    """Names of publishers in packages of this machine; kept out of the repository."""
    found = harvest.collect(options.paths)
    making.write_csv(options.out, ["name", "kind", "files"], [{"name": name, "kind": kind, "files": count} for name, kind, count in found])
    print(f"{len(found)} distinct publishers: {dict(collections.Counter(kind for _, kind, _ in found))}")


def publisher_rows(path):
    rows = []
    for number, row in enumerate(negatives.read_rows(path)):
        kind = "person" if row["kind"] == "person" else "organisation"
        rows.append({"id": f"p{number}", "category": f"publisher-{row['kind']}", "split": making.half(row["name"]), "kind": kind,
                     "query": row["name"], "country": "", "expected": "", "near": ""})
    return rows


def evaluate(options):
    command = shlex.split(options.screen)
    files = {os.path.basename(path): negatives.read_rows(path) for path in options.pairs}
    rows = negatives.read_rows(os.path.join(options.set, "queries.csv")) if options.set else []
    for half in ("tune", "test") if rows else ():
        if options.half in (None, half):
            files[f"labelled set, {half}"] = [pair for pair in measure.pairs_of_set(options.set, rows) if pair["split"] == half]
    print("\n".join(measure_pairs(command, files)))
    if not options.set or options.only_pairs:
        return
    if options.publishers:
        rows += publisher_rows(options.publishers)
    if options.half:
        rows = [row for row in rows if row["split"] == options.half]
    for with_country in (True, False):
        results = measure.judged(rows, measure.ask(command, rows, with_country))
        print(f"\n### {'Country known for two names in three' if with_country else 'Names alone'}\n")
        halves = [(half, [one for one in results if one["row"]["split"] == half]) for half in ("tune", "test")]
        print(measure.table(measure.HEAD, [measure.summary(some, half) for half, some in halves if some]))
        for half, some in halves:
            if some and (with_country or options.all):
                print(f"\nBy category, {half} half:\n\n{measure.by_category(some)}")
        if options.misses and with_country:
            write_misses(options.misses, results)


def write_misses(path, results):
    """What went wrong in the tune half; the test half is never shown."""
    with open(path, "w", encoding="utf-8") as file:
        for one in sorted(results, key=lambda one: one["row"]["category"]):
            row = one["row"]
            bad = not (one["right"] and one["first"] <= 3) if row["expected"] else one["level"] <= 2
            if bad and row["split"] == "tune":
                hits = "; ".join(f"{hit['level']} {hit.get('score')} {hit.get('list')}:{hit.get('entry')} {hit.get('name') or hit.get('listed') or ''}" for hit in one["hits"][:2])
                file.write(f"{row['category']}\t{row['kind']}\t{row['query']}\t{row['country']}\texpected {row['expected'] or 'nothing'}\tgot {hits or 'nothing'}\n")


def measure_pairs(command, files):
    """Best F1 and recall at precision 0.95 for each set of pairs, organisations, persons and vessels apart."""
    table = []
    groups = {"all": lambda pair: True, "organisations": lambda pair: pair["schema"] in ("Company", "Organization", "LegalEntity"),
              "persons": lambda pair: pair["schema"] == "Person", "vessels": lambda pair: pair["schema"] == "Vessel"}
    for title, pairs in files.items():
        scores = measure.score_pairs(command, pairs)
        truths = [pair["is_match"] == "true" for pair in pairs]
        for group, inside in groups.items():
            chosen = [at for at, pair in enumerate(pairs) if inside(pair)]
            if any(truths[at] for at in chosen):
                table.append(measure.pairs_row(f"{title}: {group}", [scores[at] for at in chosen], [truths[at] for at in chosen]))
    return ["### Pairs of names", "", measure.table(measure.PAIRS_HEAD, table)] if table else []


def enlarge(options):
    rows = list(grow.rows(options.set, options.parties))
    making.write_csv(options.out, grow.FIELDS, rows)
    print(f"{len(rows)} parties, {sum(1 + row['aliases'].count('; ') + bool(row['aliases']) for row in rows)} names")


def compare_speed(options):
    from screening_set import speed
    print(speed.run(options))


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
    harvested = commands.add_parser("publishers", help="collect names of publishers from packages")
    harvested.add_argument("--out", required=True)
    harvested.add_argument("paths", nargs="+")
    harvested.set_defaults(run=publishers)
    judge = commands.add_parser("evaluate", help="measure the engine")
    judge.add_argument("--screen", required=True, help="the command that screens, with its options for the list")
    judge.add_argument("--set", help="folder with queries.csv")
    judge.add_argument("--publishers")
    judge.add_argument("--pairs", action="append", default=[])
    judge.add_argument("--only-pairs", action="store_true")
    judge.add_argument("--half", choices=["tune", "test"])
    judge.add_argument("--all", action="store_true", help="categories without country as well")
    judge.add_argument("--misses", help="file for what went wrong in the tune half")
    judge.set_defaults(run=evaluate)
    large = commands.add_parser("grow", help="make a large list, for speed")
    large.add_argument("--set", required=True)
    large.add_argument("--parties", type=int, default=50_000)
    large.add_argument("--out", required=True)
    large.set_defaults(run=enlarge)
    fast = commands.add_parser("speed", help="compare with rapidfuzz")
    fast.add_argument("--screen", required=True)
    fast.add_argument("--set", required=True)
    fast.add_argument("--names", help="CSV with a column name or query; default: the queries of the set")
    fast.add_argument("--sample", type=int, default=300, help="names for rapidfuzz")
    fast.add_argument("--repeat", type=int, default=20, help="times that the names are given to the engine")
    fast.set_defaults(run=compare_speed)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
