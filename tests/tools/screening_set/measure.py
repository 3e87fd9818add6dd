"""Asks the engine and counts: precision and recall by level, by category, in both halves; curves on pairs."""
import collections
import csv
import difflib
import json
import os
import subprocess
import tempfile

from .lists import core, read_set

LEVELS = ["confirmed", "probable", "possible", "weak", "info"]


def rank(level):
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def ask(command, rows, with_country=True):
    """Hits per query in the order of the rows; the engine answers JSON lines in that order, or names the query."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "names.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for row in rows:
                query = {"id": row["id"], "name": row["query"]}
                if row.get("kind"):
                    query["kind"] = row["kind"]
                if with_country and row.get("country"):
                    query["country"] = row["country"]
                file.write(json.dumps(query, ensure_ascii=False) + "\n")
        done = subprocess.run([*command, "--file", path, "--format", "jsonl"], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    by_id = collections.defaultdict(list)
    if answers and all("hits" in answer for answer in answers) and len(answers) == len(rows):
        return [answer["hits"] for answer in answers]
    for answer in answers:
        key = str(answer.get("id") or answer.get("query", {}).get("id"))
        by_id[key] += answer["hits"] if "hits" in answer else [answer]
    return [by_id[row["id"]] for row in rows]


def entry_of(hit):
    entry = str(hit.get("entry") or hit.get("entry_id") or "")
    return entry.rsplit(":", 1)[-1]


def right(hit, row):
    return entry_of(hit) in {one.rsplit(":", 1)[-1] for one in row["expected"].split("|")}


def judged(rows, answers):
    """For each query its best level, whether the first hit is right, at which level the right one stands."""
    out = []
    for row, hits in zip(rows, answers):
        hits = [hit for hit in hits if hit.get("level") in LEVELS]
        first = hits[0] if hits else None
        level = min((rank(hit["level"]) for hit in hits), default=len(LEVELS))
        wrong = min((rank(hit["level"]) for hit in hits if not right(hit, row)), default=len(LEVELS)) if row["expected"] else level
        good = min((rank(hit["level"]) for hit in hits if right(hit, row)), default=len(LEVELS)) if row["expected"] else len(LEVELS)
        out.append({"row": row, "level": level, "right": bool(first and row["expected"] and right(first, row)),
                    "first": rank(first["level"]) if first else len(LEVELS), "wrong": wrong, "good": good, "hits": hits})
    return out


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def summary(results, title):
    """The figures of one half as a row of a table."""
    positive = [one for one in results if one["row"]["expected"]]
    matchable = [one for one in positive if not one["row"]["category"].endswith(("-none",))]
    near = [one for one in matchable if not one["row"]["category"].endswith("-part")]
    negative = [one for one in results if not one["row"]["expected"]]
    probable = [one for one in results if one["level"] <= rank("probable")]
    good = sum(one["right"] and one["first"] <= rank("probable") for one in probable)
    def recall(some, level):
        return share(sum(one["right"] and one["first"] <= rank(level) for one in some), len(some))
    vendors = [one for one in negative if one["row"]["category"].startswith(("vendor", "publisher"))]
    return [title, len(positive), len(negative), len(probable), share(good, len(probable)), recall(near, "info"), recall(near, "weak"), recall(near, "possible"), recall(matchable, "weak"), recall(positive, "weak"),
            share(sum(one["level"] <= rank("possible") for one in vendors), len(vendors)), share(sum(one["level"] <= rank("probable") for one in negative), len(negative))]


HEAD = ["half", "listed", "harmless", "hits at probable", "their precision", "found first", "at weak and above", "at possible and above", "with partial aliases (weak)",
        "with all aliases (weak)", "publishers at possible", "harmless at probable"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def by_category(results):
    groups = collections.defaultdict(list)
    for one in results:
        groups[one["row"]["category"]].append(one)
    rows = []
    for category, some in sorted(groups.items()):
        if some[0]["row"]["expected"]:
            cells = [share(sum(one["right"] and one["first"] <= rank(level) for one in some), len(some)) for level in ("info", "weak", "possible", "probable")]
        else:
            cells = [share(sum(one["level"] <= rank(level) for one in some), len(some)) for level in ("info", "weak", "possible", "probable")]
        rows.append([category, len(some), "found" if some[0]["row"]["expected"] else "alarm", *cells])
    return table(["category", "names", "share", "any level", "weak and above", "possible and above", "probable and above"], rows)


def score_pairs(command, pairs):
    """Scores of pairs of names: the last number of each line or object that the engine prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pairs.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["name1", "name2", "schema"])
            writer.writerows((pair["name1"], pair["name2"], pair["schema"]) for pair in pairs)
        done = subprocess.run([*command, "--pairs", path], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    scores = []
    for line in done.stdout.splitlines():
        cells = next(csv.reader([line]), [])
        numbers = [cell for cell in cells if cell.replace(".", "", 1).isdigit() and cell.count(".") <= 1]
        if line.startswith("{"):
            scores.append(float(json.loads(line)["score"]))
        elif numbers and not line.startswith("name1"):
            named = [cell for cell in cells if "." in cell and cell.replace(".", "", 1).isdigit()]
            scores.append(float((named or numbers)[0 if len(cells) == 1 or cells[0] in numbers else -1]))
    if len(scores) != len(pairs):
        raise SystemExit(f"{len(scores)} scores for {len(pairs)} pairs:\n{done.stdout[:500]}")
    return scores


def pairs_of_set(folder, rows):
    """Pairs out of the labelled set: a query with the name of its party that is nearest, and with the one it only resembles."""
    parties = {}
    for list_id, names in (("US-SDN", ("sdn.csv", "alt.csv", "add.csv")), ("US-CONS", ("cons_prim.csv", "cons_alt.csv", "cons_add.csv"))):
        for party in read_set(*(os.path.join(folder, name) for name in names), list_id):
            parties[party.id] = party
    schema = {"organisation": "Organization", "person": "Person", "vessel": "Vessel"}
    pairs = []
    for row in rows:
        party = parties.get((row["expected"] or row["near"]).split("|")[0])
        if not party or row["category"].endswith(("-none", "-part")) or row["category"] in ("near-ship-vendor", "near-acronym-vendor"):
            continue
        names = [party.written(name) for name, role in party.names if role != "weak"]
        plain = " ".join(core(row["query"]))
        nearest = max(names, key=lambda name: difflib.SequenceMatcher(None, plain, " ".join(core(name))).ratio())
        pairs.append({"name1": row["query"], "name2": nearest, "schema": schema[row["kind"]], "split": row["split"],
                      "is_match": "true" if row["expected"] else "false"})
    return pairs


def curve(scores, truths):
    """(threshold, precision, recall, F1) at every score that occurs."""
    points = []
    positive = sum(truths)
    for threshold in sorted(set(scores), reverse=True):
        hit = [truth for score, truth in zip(scores, truths) if score >= threshold]
        precision, recall = sum(hit) / len(hit), sum(hit) / positive
        points.append((threshold, precision, recall, 2 * precision * recall / (precision + recall) if sum(hit) else 0.0))
    return points


def pairs_row(title, scores, truths):
    points = curve(scores, truths)
    best = max(points, key=lambda point: point[3])
    safe = max((point for point in points if point[1] >= 0.95), key=lambda point: point[2], default=None)
    return [title, len(truths), sum(truths), f"{best[3]:.3f}", f"{best[0]:.2f}", f"{best[1]:.3f}", f"{best[2]:.3f}",
            f"{safe[2]:.3f}" if safe else "0", f"{safe[0]:.2f}" if safe else "-"]


PAIRS_HEAD = ["pairs", "all", "same", "best F1", "at", "precision", "recall", "recall at precision 0.95", "at "]
