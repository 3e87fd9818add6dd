"""The engine against rapidfuzz on the same names, one thread each, in the same run.

Processor time is counted, not the clock: on a machine that does nothing else they are the same, on a shared one only the
first says anything.
"""
import json
import os
import shlex
import subprocess
import tempfile
import time

from . import measure, negatives
from .lists import given_first, rows_of


def listed_names(folder):
    """Primary and alternate names of the list, as rapidfuzz gets them: lower case, words only."""
    from rapidfuzz import utils
    names = []
    for main, alts in (("sdn.csv", "alt.csv"), ("cons_prim.csv", "cons_alt.csv")):
        persons = set()
        for row in rows_of(os.path.join(folder, main)):
            if row[2].strip() == "individual":
                persons.add(row[0])
            names.append(given_first(row[1]) if row[0] in persons else row[1])
        names += [given_first(row[3]) if row[0] in persons else row[3] for row in rows_of(os.path.join(folder, alts))]
    return [utils.default_process(name) for name in names]


def brute_force(queries, names):
    """Names a second of rapidfuzz: every query with every listed name."""
    from rapidfuzz import distance, fuzz, process, utils
    plain = [utils.default_process(query) for query in queries]
    rows = []
    for label, scorer in (("WRatio", fuzz.WRatio), ("token_sort_ratio", fuzz.token_sort_ratio), ("Jaro-Winkler", distance.JaroWinkler.similarity)):
        cut = 85 if scorer is not distance.JaroWinkler.similarity else 0.9
        begin = time.process_time()
        process.cdist(plain, names, scorer=scorer, score_cutoff=cut, workers=1)
        whole = time.process_time() - begin
        begin = time.process_time()
        for query in plain:
            process.extractOne(query, names, scorer=scorer, score_cutoff=cut)
        one = time.process_time() - begin
        rows.append((label, len(plain) / whole, len(plain) / one))
    return rows


def timed(command, rows, threads):
    """Processor time and peak memory in MiB of one run of the engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "names.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({"id": row["id"], "name": row["query"], "kind": row.get("kind") or "organisation"}, ensure_ascii=False) + "\n")
        with open(os.path.join(folder, "out"), "wb") as out:
            child = subprocess.Popen([*command, "--file", path, "--format", "jsonl"], stdout=out, stderr=subprocess.DEVNULL,
                                     env={**os.environ, "RAYON_NUM_THREADS": str(threads)})
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        busy = usage.ru_utime + usage.ru_stime
    if child.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {child.returncode}")
    return busy, usage.ru_maxrss / 1024


def run(options):
    command = shlex.split(options.screen)
    if options.names:
        rows = [{"id": str(at), "query": row.get("query") or row["name"], "kind": row.get("kind")} for at, row in enumerate(negatives.read_rows(options.names))]
        rows = [{**row, "kind": "person" if row["kind"] == "person" else "organisation"} for row in rows]
    else:
        rows = negatives.read_rows(os.path.join(options.set, "queries.csv"))
    many = [{**row, "id": f"{turn}-{row['id']}"} for turn in range(options.repeat) for row in rows]
    names = listed_names(options.set)
    step = max(1, len(rows) // options.sample)
    sample = [row["query"] for row in rows[::step]][:options.sample]
    timed(command, rows[:1], 1)
    start = min(timed(command, rows[:1], 1)[0] for _ in range(3))
    runs = [timed(command, many, 1) for _ in range(3)]
    busy = min(busy for busy, _ in runs)
    rate = len(many) / max(busy - start, 1e-9)
    out = [f"{len(names)} listed names; {len(many)} names for the engine ({len(rows)} distinct), {len(sample)} of the same for rapidfuzz; one thread each, seconds of processor time.", "",
           f"Start, load and one name: {start * 1000:.0f} ms. All names: {busy:.2f} s. Peak memory: {max(peak for _, peak in runs):.0f} MiB.", ""]
    table = [["sovaudit screen", f"{rate:,.0f}", "", ""]]
    for label, whole, one in brute_force(sample, names):
        table.append([f"rapidfuzz {label}", f"{whole:,.1f} (cdist)", f"{one:,.1f} (extractOne)", f"{rate / max(whole, one):,.0f}"])
    return "\n".join(out) + "\n" + measure.table(["", "names/s", "names/s, best only with cut-off", "engine is faster by"], table)
