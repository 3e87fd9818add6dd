#!/usr/bin/env python3
"""Draws facts of reports at random, with the lines that they rest on, for a person to judge.

Usage: draw.py SEED PER_SORT REPOSITORY=REPORT.json ...

Sorts: services with operator and region, images, what workloads run on, repositories of deliveries, models. Each fact is shown
with its place and the words there.
"""

import json
import random
import sys


def place(evidence):
    for one in evidence:
        if one.get("path") and one.get("line"):
            return one
    return None


def facts(report):
    kinds = {component["id"]: component["kind"] for component in report["components"]}
    for component in report["components"]:
        seen = place(component.get("evidence", []))
        if not seen:
            continue
        told = component.get("attributes", {})
        if component["kind"] == "service":
            words = {key: told[key] for key in ("resource-type", "service", "region", "country", "instance-type") if key in told}
            yield "service", f"{component['id']} {words}", seen
        elif component["kind"] in ("image", "model", "delivery"):
            yield component["kind"], component["id"], seen
    for relation in report["relations"]:
        seen = place(relation.get("evidence", []))
        pair = (kinds.get(relation["from"]), kinds.get(relation["to"]))
        if seen and pair in (("workload", "accelerator"), ("workload", "image"), ("workload", "model"), ("delivery", "repository")):
            yield f"{pair[0]}-{pair[1]}", f"{relation['from']} {relation['kind']} {relation['to']}", seen


def main():
    random.seed(int(sys.argv[1]))
    by_sort = {}
    for pair in sys.argv[3:]:
        folder, report = pair.split("=", 1)
        for sort, text, seen in facts(json.load(open(report))):
            by_sort.setdefault(sort, []).append((folder, text, seen))
    for sort, all_of in sorted(by_sort.items()):
        print(f"== {sort} ({len(all_of)} in all)")
        for folder, text, seen in random.sample(all_of, min(int(sys.argv[2]), len(all_of))):
            path = f"{folder}/{seen['path']}"
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.readlines()
            line = lines[seen["line"] - 1].strip() if seen["line"] <= len(lines) else ""
            print(f"{text}\n    {path}:{seen['line']}: {line[:160]}")


main()
