#!/usr/bin/env python3
"""Checks a sample of the packages in reports of sovaudit against the files that their evidence names.

    python3 tests/tools/package_sample.py [--size 200] [--seed 1] [--list BAD.txt] REPORT.json=TREE…

Draws the same sample every time: of all packages with a version, `--size` per ecosystem, over all given reports. An
entry holds when its file has the format that the scanner's name says, the place in the evidence is a place in the
file, the excerpt stands there, and the name and the version stand in the entry: from the place to the next blank line
or bracket that closes it, at most LINES lines on, or on the lines before (formats that name the table first). The
whole of the file's text is never enough. Versions of Maven, NuGet and Gradle may stand elsewhere: in a property, in
another POM, in Directory.Packages.props, in a version catalog; these are looked up there and counted in a column of
their own. What does not hold is listed for a person to look at.

Python standard library only, and no code of sovaudit.
"""
import argparse
import collections
import functools
import json
import os
import random
import re
import tomllib
import urllib.parse
import xml.etree.ElementTree

LINES = 30
PARSERS = {".json": json.loads, ".toml": tomllib.loads, ".xml": xml.etree.ElementTree.fromstring,
           ".csproj": xml.etree.ElementTree.fromstring, ".props": xml.etree.ElementTree.fromstring}
NAMED = {"uv.lock": tomllib.loads, "poetry.lock": tomllib.loads, "pdm.lock": tomllib.loads, "Cargo.lock": tomllib.loads,
         "Pipfile.lock": json.loads, "composer.lock": json.loads, "Package.resolved": json.loads, "flake.lock": json.loads,
         "renv.lock": json.loads, "conan.lock": json.loads}


@functools.lru_cache(maxsize=None)
def lines_of(path):
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        return re.split(r"\r?\n", file.read())


@functools.lru_cache(maxsize=None)
def parses(path):
    """Whether a file with a format that a library reads is one."""
    name = os.path.basename(path)
    parser = NAMED.get(name) or PARSERS.get(os.path.splitext(name)[1])
    if parser is None or name in ("deno.jsonc",):
        return True
    try:
        parser("\n".join(lines_of(path)))
        return True
    except (ValueError, xml.etree.ElementTree.ParseError):
        return False


def loose(words):
    """Letter case and separators do not count."""
    return re.sub(r"[-_.\s]+", "-", words).lower()


def entry_lines(lines, at):
    """The lines that can belong to the entry whose place is line `at` (from 0)."""
    indent = lambda line: len(line) - len(line.lstrip())
    own = [lines[at]]
    for line in lines[at + 1 : at + LINES]:
        # a line like the first, at its depth, begins the next entry
        if line.strip() and indent(line) < indent(lines[at]):
            own.append(line)
            break
        if re.match(r"\s*(\[\[|<dependency>|\S+ v\d)", line):
            break
        own.append(line)
    before = []
    for line in reversed(lines[max(0, at - 4) : at]):
        before.append(line)
        if re.match(r"\s*(\[\[|<(dependency|plugin|parent)>)", line):
            break
    return own, before[::-1]


@functools.lru_cache(maxsize=None)
def texts(tree, pattern):
    """Text of all files of the tree whose name matches."""
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(tree) for name in names if re.search(pattern, name)]
    return ["\n".join(lines_of(path)) for path in sorted(paths)]


def means(word, version, sources, opening):
    """Whether a word of a build file is the version, or a property (`${p}`, `$(p)`) that some file sets to it."""
    for _ in range(5):
        if word.strip().strip("[]") == version:
            return True
        asked = re.fullmatch(r"\s*\$" + re.escape(opening) + r"([\w.-]+)[})]\s*", word)
        values = [value for text in sources for value in re.findall(rf"<{re.escape(asked[1])}(?:\s[^>]*)?>([^<]*)</", text)] if asked else []
        if version in (value.strip() for value in values):
            return True
        if not values:
            return False
        word = values[0]
    return False


def elsewhere(kind, name, version, tree):
    """Whether a file of the tree other than the one of the evidence gives the package this version."""
    if kind == "nuget":
        files = texts(tree, r"(?i)\.props$|\.csproj$|\.targets$")
        for text in files:
            for tag in re.findall(rf'(?i)<Package(?:Version|Reference|Download)\s+(?:Include|Update)="{re.escape(name)}"[^>]*>(?:\s*<Version>[^<]*)?', text):
                if any(means(word, version, files, "(") for word in re.findall(r'(?:Version(?:Override)?="|<Version>)([^"<]*)', tag)):
                    return True
    elif kind == "maven":
        group, _, artifact = name.rpartition("/")
        poms = texts(tree, r"^pom\.xml$")
        for text in poms:
            for between in re.findall(rf"<artifactId>\s*{re.escape(artifact)}\s*</artifactId>((?:(?!</(?:dependency|plugin|parent|extension)>)[\s\S]){{0,600}})", text):
                if any(means(word, version, poms, "{") for word in re.findall(r"<version>([^<]*)</version>", between)):
                    return True
        for text in texts(tree, r"\.versions\.toml$"):
            try:
                catalog = tomllib.loads(text)
            except tomllib.TOMLDecodeError:
                # a template of one
                continue
            for row in [*catalog.get("libraries", {}).values(), *catalog.get("plugins", {}).values()]:
                if isinstance(row, str):
                    row = dict(zip(("module", "version"), (":".join(row.split(":")[:2]), row.split(":")[-1])))
                stated = row.get("version", "")
                if isinstance(stated, dict):
                    stated = catalog.get("versions", {}).get(stated["ref"], "") if "ref" in stated else stated.get("strictly", stated.get("require", ""))
                module = row.get("module") or ":".join((row.get("group") or row.get("id", ""), row.get("name") or row.get("id", "") + ".gradle.plugin"))
                if module == f"{group}:{artifact}" and stated == version:
                    return True
    return False


def check(component, tree):
    """None when an entry of the evidence holds, "elsewhere" when another file gives the version, else what is wrong."""
    name = urllib.parse.unquote(re.sub(r"^pkg:[^/]+/", "", component["id"]).split("?")[0].split("#")[0])
    at = re.search(r"(?<=[^/])@([^@]*)$", name)
    name, version = name[: at.start()], at[1]
    kind = component["id"][4:].partition("/")[0]
    if kind in ("apk", "deb", "rpm"):
        name = name.rpartition("/")[2]  # before it stands the distribution, which another file tells
    why = "no evidence in a file"
    for place in component["evidence"]:
        if place.get("type") != "observed" or "line" not in place:
            continue
        path = os.path.join(tree, place["path"])
        if not os.path.isfile(path):
            why = f"{place['path']} is no file"
            continue
        lines, line = lines_of(path), place["line"] - 1
        where = f"{place['path']}:{place['line']} ({place['scanner']})"
        if not parses(path):
            why = f"{where} does not parse"
            continue
        if line >= len(lines):
            why = f"{where} is past the end"
            continue
        excerpt = place.get("excerpt", "").split("…")[0].strip()
        if excerpt and excerpt[:40] not in lines[line]:
            why = f"{where} does not hold the excerpt {excerpt[:40]!r}"
            continue
        own, before = entry_lines(lines, line)
        for text in ("\n".join(own), "\n".join(before + own)):
            # `@` and `%2F` forms are undone, so that scoped names are found in addresses as well
            flat = loose(urllib.parse.unquote(text))
            has_name = loose(name) in flat or all(loose(part) in flat for part in name.split("/"))
            has_version = loose(version.removeprefix("v")) in flat
            if has_name and has_version:
                return None
        # the place is that of the requirement; the version that counts is the one a `replace` line gives
        if kind == "golang" and any(f"=> {name} {version}" in one for one in lines):
            return None
        if (has_name or "libs." in lines[line]) and elsewhere(kind, name, version, tree):
            return "elsewhere"
        why = f"{where} lacks {'the version' if has_name else 'the name'}: {lines[line].strip()[:120]}"
    return why


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--list")
    options.add_argument("reports", nargs="+", metavar="REPORT.json=TREE")
    given = options.parse_args()
    found, unversioned = collections.defaultdict(list), collections.Counter()
    for pair in given.reports:
        report, _, tree = pair.partition("=")
        with open(report, encoding="utf-8") as file:
            components = json.load(file)["components"]
        for row in components:
            if row["kind"] == "package":
                kind = row["id"].removeprefix("pkg:").split("/")[0]
                if re.search(r"[^/]@[^@/]+$", urllib.parse.unquote(row["id"].split("?")[0].split("#")[0]).replace(":", "")):
                    row["evidence"] = row["evidence"][:20]
                    found[kind].append((tree, row))
                else:
                    unversioned[kind] += 1
    bad = []
    print("| ecosystem | versioned packages | without version | sample | hold | hold by another place | to look at |\n|---|---:|---:|---:|---:|---:|---:|")
    for kind in sorted(found):
        rows = sorted(found[kind], key=lambda pair: (pair[0], pair[1]["id"]))
        drawn = random.Random(given.seed).sample(rows, min(given.size, len(rows)))
        looked = [(tree, row["id"], check(row, tree)) for tree, row in drawn]
        wrong = [row for row in looked if row[2] not in (None, "elsewhere")]
        other = sum(why == "elsewhere" for _, _, why in looked)
        bad += wrong
        print(f"| {kind} | {len(rows):,} | {unversioned[kind]:,} | {len(drawn)} | {len(drawn) - len(wrong) - other} | {other} | {len(wrong)} |")
    text = "".join(f"{os.path.basename(tree)}: {identifier}: {why}\n" for tree, identifier, why in bad)
    if given.list:
        with open(given.list, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print("\n" + text)


if __name__ == "__main__":
    main()
