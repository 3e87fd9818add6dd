#!/usr/bin/env python3
"""Compares what sovaudit and Syft find in root file systems and image archives, for docs/accuracy.md ("Images").

    python3 tests/tools/image_recall.py --trees TREES --results RESULTS --sovaudit target/debug/sovaudit --syft syft \\
        [--only NAME]… [--refresh] [--markdown TABLE.md] [--list DIFFERENCES.txt]

TREES holds one folder (a root file system) or image archive per case. Reports of Syft land in RESULTS and are used again
unless --refresh is given; those of sovaudit are always made anew. Measured with Syft 1.18.1.

What is compared is (type, name, version) without namespace, qualifiers and letter case, since the two name the group of a Java
archive and the distribution of a package differently. Every entry of Syft that sovaudit lacks belongs to one of the classes
below or is missing; exit code 1 when something is missing.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import urllib.parse

NO_PACKAGES = {"binary", "linux-kernel", "github-action-workflow"}


def normal(purl):
    """(type, name, version) of a package URL, without its namespace."""
    found = re.match(r"pkg:/*([A-Za-z0-9.+-]+)/([^?#]+)", purl)
    if not found:
        return None
    kind, path = found[1].lower(), found[2]
    at = re.search(r"(?<=[^/])@([^@]*)$", path)
    name, version = (path[: at.start()], at[1]) if at else (path, "")
    name, version = urllib.parse.unquote(name).strip("/"), urllib.parse.unquote(version).strip()
    name = name.lower()
    if kind == "golang":
        subpath = urllib.parse.unquote(purl.partition("#")[2]).lower()
        return kind, f"{name}/{subpath}".rstrip("/"), version.removeprefix("v")
    if kind == "npm":
        return kind, name, version
    if kind == "pypi":
        return kind, re.sub(r"[-_.]+", "-", name), version
    return kind, name.rsplit("/", 1)[-1], version


def ours(report):
    return {entry for row in report["components"] if row["kind"] == "package" and (entry := normal(row["id"]))}


def theirs(report):
    entries = collections.defaultdict(set)
    for row in report["artifacts"]:
        if row["type"] in NO_PACKAGES or not row.get("purl"):
            continue
        entry = normal(row["purl"])
        if entry:
            entries[entry].update(place["path"].lstrip("/") for place in row["locations"])
    return entries


def classed(entry, places, found):
    """Why an entry of Syft is none of ours; None when nothing excuses it."""
    kind, name, version = entry
    versions = {other for other_kind, other, other_version in found if other_kind == kind and other == name for other in [other_version]}
    if version in ("", "UNKNOWN", "(devel)") and versions:
        return "without a version, which ours has"
    if kind == "maven":
        # the name of the jar file or of a bundle in place of the artifact's
        same = {other for other_kind, other, other_version in found if other_kind == kind and other_version == version}
        # `maven3-core.jar` is a link to the archive of `maven-core`
        plain = re.sub(r"\d+", "", name)
        if any(other in name or name in other or plain in other for other in same):
            return "a Java archive under the name of its bundle or file"
        if "$" in version or "$" in name:
            return "a placeholder of a build"
        if not version:
            return "a Java archive without a version"
    if kind == "nuget" and all(place.endswith((".exe", ".dll")) for place in places):
        return "a program of Windows, by its resources, that no package manager knows"
    if kind == "github":
        return "workflows of other projects in their packages"
    if kind == "npm" and all("/vendor/" in place and place.endswith("-lock.json") for place in places):
        return "a lock file inside of a library that was vendored, which says nothing of the image"
    if kind == "npm" and version in ("", "0.0.0"):
        return "a manifest of a part of a package, without a version"
    if kind == "npm" and all(re.search(r"node_modules/(@[^/]+/)?[^/]+/.+/package\.json$", place) for place in places):
        return "a manifest deeper inside of a package"
    if kind in ("npm", "composer") and all("node_modules" not in place and "vendor" not in place for place in places):
        return "the tree's own package"
    if kind == "golang" and name.startswith("./"):
        return "a folder of the machine that built it, which ours tells by the module's name"
    if kind == "maven" and any(other + ver == f"{name}.{version}" for other_kind, other, ver in found if other_kind == kind):
        return "a Java archive whose file name is split elsewhere"
    if kind == "golang" and name == "command-line-arguments":
        return "a Go program without a name"
    if kind == "golang" and versions:
        return "another version of the program's own module"
    return None


def run(words):
    environment = dict(os.environ, SYFT_CHECK_FOR_APP_UPDATE="false")
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--trees", required=True)
    arguments.add_argument("--results", required=True)
    arguments.add_argument("--sovaudit", required=True)
    arguments.add_argument("--syft", required=True)
    arguments.add_argument("--only", action="append")
    arguments.add_argument("--refresh", action="store_true")
    arguments.add_argument("--markdown")
    arguments.add_argument("--list")
    given = arguments.parse_args()
    os.makedirs(given.results, exist_ok=True)
    table = ["| root file system | Syft | found by both | only ours | only Syft's, explained | missing |", "|---|--:|--:|--:|--:|--:|"]
    listing, classes, failed = [], collections.Counter(), False
    for name in sorted(os.listdir(given.trees)):
        if given.only and name not in given.only:
            continue
        tree = os.path.join(given.trees, name)
        reports = {tool: os.path.join(given.results, f"{name}.{tool}.json") for tool in ("sovaudit", "syft")}
        run([given.sovaudit, "scan", tree, "--fail-on", "none", "--output", f"json={reports['sovaudit']}"])
        if given.refresh or not os.path.exists(reports["syft"]):
            source = f"dir:{tree}" if os.path.isdir(tree) else tree
            run([given.syft, "scan", source, "-q", "-o", f"json={reports['syft']}"])
        with open(reports["sovaudit"]) as file:
            found = ours(json.load(file))
        with open(reports["syft"]) as file:
            wanted = theirs(json.load(file))
        explained, missing = [], []
        for entry in sorted(set(wanted) - found):
            reason = classed(entry, wanted[entry], found)
            (explained if reason else missing).append(entry)
            classes[reason or "missing"] += 1
            listing.append(f"{name}\t{reason or 'MISSING'}\t{' '.join(entry)}\t{sorted(wanted[entry])[:2]}")
        listing.extend(f"{name}\tonly ours\t{' '.join(entry)}" for entry in sorted(found - set(wanted)))
        both = len(set(wanted) & found)
        table.append(f"| {name} | {len(wanted)} | {both} | {len(found - set(wanted))} | {len(explained)} | {len(missing)} |")
        failed |= bool(missing)
    print("\n".join(table))
    for reason, count in classes.most_common():
        print(f"{count:6} {reason}")
    if given.markdown:
        with open(given.markdown, "w") as file:
            file.write("\n".join(table) + "\n")
    if given.list:
        with open(given.list, "w") as file:
            file.write("\n".join(listing) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
