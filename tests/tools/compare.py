#!/usr/bin/env python3
"""Compares the packages that sovaudit finds with those of Syft and cdxgen, for docs/accuracy.md.

    python3 tests/tools/compare.py --trees TREES --results RESULTS --sovaudit target/release/sovaudit \\
        --syft syft --cdxgen "node …/cdxgen" [--only NAME]… [--refresh TOOL]… [--markdown TABLE.md] [--list MISSING.txt]

TREES holds one folder per tree (tests/tools/trees.py makes them). Reports land in RESULTS as TREE.TOOL.json and are
used again; `--refresh TOOL` makes those of one tool anew, and sovaudit's are always made anew. Without --syft or
--cdxgen only the kept reports of that tool count. Measured with Syft 1.18.1 and cdxgen 12.8.4. Both run without
network (`unshare -n`, so as root, or say --online) and cdxgen with an empty PATH, so that it starts no build tool.

What is compared is the package URL without qualifiers and subpath, letter case and separators as the registry takes
them, `v` before the version of a Go module left out. An entry without version counts as found when sovaudit has the
package at any version. Actions of workflows are repositories in sovaudit and are compared by owner and name. Entries
that are no package of a manifest or lock file (files, binaries, container images, the tree's own
workflows) are left out.

An entry that sovaudit lacks is either excused by compare-exceptions.toml, which says how the file itself shows that the
entry is wrong (the script looks), or is missing. Exit code 1 when something is missing.
"""
import argparse
import collections
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse

# Types whose names the registry or the purl specification takes in any letter case.
ANY_CASE = {"apk", "bitbucket", "composer", "deb", "github", "golang", "hex", "luarocks", "npm", "nuget", "pub", "pypi", "rpm", "swift"}
NO_PACKAGES = {"generic-file", "oci", "docker", "file", "os", "undefined"}
TOOLS = ("syft", "cdxgen")
LIMIT_SECONDS = 300


def normal(purl):
    """(type, name, version) of a purl, as the registry would compare them; None when it is no package."""
    found = re.match(r"pkg:/*([A-Za-z0-9.+-]+)/([^?#]+)", purl)
    if not found:
        return None
    kind, path = found[1].lower(), found[2]
    # the version begins at the last @ that is not the first letter of a part: scopes are often left undecoded
    at = re.search(r"(?<=[^/])@([^@]*)$", path)
    name, version = (path[: at.start()], at[1]) if at else (path, "")
    name, version = urllib.parse.unquote(name).strip("/"), urllib.parse.unquote(version).strip()
    if kind in NO_PACKAGES:
        return None
    if kind in ANY_CASE:
        name = name.lower()
    if kind == "npm" and name.startswith("@jsr/"):
        # the names under which JSR gives its packages to programs that know npm only
        kind, name = "jsr", "@" + name.removeprefix("@jsr/").replace("__", "/", 1)
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    elif kind == "golang":
        # Syft writes what follows owner and repository in a module's path as the subpath
        subpath = urllib.parse.unquote(purl.partition("#")[2]).lower()
        name, version = f"{name}/{subpath}".rstrip("/"), version.removeprefix("v")
    elif kind == "cocoapods":
        name = name.partition("/")[0]  # subspecs are a subpath of the purl
    elif kind == "nuget":
        version = re.sub(r"^\[([^,\]]*)\]$", r"\1", version)  # the notation of exactly this version
    elif kind == "gem":
        version = version.partition("-")[0]  # what follows is the platform, a qualifier of the purl
    elif kind == "swift":
        # a last part that repeats the one before is the product, which Syft adds to the repository
        parts = [part.removesuffix(".git") for part in name.split("/")]
        name = "/".join(parts[:-1] if len(parts) > 3 and parts[-1] == parts[-2] else parts)
    elif kind in ("github", "githubactions"):
        kind, name, version = "github", "/".join(name.split("/")[:2]), ""
    return kind, name, version


def show(entry):
    kind, name, version = entry
    return f"pkg:{kind}/{name}" + (f"@{version}" if version else "")


def ours(report):
    """Entries of a report of sovaudit."""
    entries = set()
    for row in report["components"]:
        if row["kind"] == "package":
            entry = normal(row["id"])
            if entry:
                entries.add(entry)
        elif row["kind"] == "repository" and row["id"].startswith("repository:github.com/"):
            owner_and_name = "/".join(row["id"].split("@")[0].split("/")[1:3]).lower()
            entries.add(("github", owner_and_name, ""))
    return entries


def of_syft(report, tree):
    """Entries of a report of Syft, each with the files it was found in."""
    entries = collections.defaultdict(set)
    for row in report["artifacts"]:
        if row["type"] in ("binary", "linux-kernel", "github-action-workflow") or not row.get("purl"):
            continue
        entry = normal(row["purl"])
        if entry:
            entries[entry].update(place["path"].lstrip("/") for place in row["locations"])
    return entries


def of_cdxgen(report, tree):
    """Entries of a report of cdxgen, each with the files it was found in."""
    entries = collections.defaultdict(set)
    for row in report.get("components", []):
        if row["type"] in ("file", "container", "cryptographic-asset", "operating-system") or not row.get("purl"):
            continue
        entry = normal(row["purl"])
        if entry:
            identity = row.get("evidence", {}).get("identity", [])
            identity = identity if isinstance(identity, list) else [identity]
            files = [one["value"] for one in row.get("properties", []) if one["name"] == "SrcFile"]
            files += [way["value"] for one in identity for way in one.get("methods", []) if way.get("value")]
            marker = "/" + os.path.basename(tree) + "/"
            entries[entry].update(("/" + one).partition(marker)[2] or one for one in files)
    return entries


READERS = {"syft": of_syft, "cdxgen": of_cdxgen}


def run(tool, command, tree, output, online):
    """Lets a program write its report of the tree."""
    isolated = [] if online else [shutil.which("unshare"), "-n"]
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as empty:
        if tool == "sovaudit":
            words = [*command, "scan", tree, "--fail-on", "none", "--output", f"json={output}"]
        elif tool == "syft":
            environment["SYFT_CHECK_FOR_APP_UPDATE"] = "false"
            words = [*isolated, *command, "scan", f"dir:{tree}", "-q", "-o", f"json={output}"]
        else:
            # tests and examples count as well; nothing of the tree is run and no licence is fetched
            options = "--no-install-deps --no-babel --no-ignore --no-validate --exclude-type ai --exclude-type ai-skill --exclude-type mcp"
            words = [*isolated, *command, "-r", tree, "-o", output, *options.split()]
            # a full scan of pods would start `pod`, and cdxgen ends where that is missing
            environment = {"PATH": empty, "HOME": empty, "FETCH_LICENSE": "false", "COCOA_FULL_SCAN": "false"}
        try:
            ended = subprocess.run(words, env=environment, capture_output=True, timeout=LIMIT_SECONDS, cwd=empty)
            said = ended.stderr.decode(errors="replace").strip()[-300:] if ended.returncode else ""
        except subprocess.TimeoutExpired:
            said = f"ended after {LIMIT_SECONDS} seconds"
    if said:
        print(f"{os.path.basename(tree)}: {tool}: {said}", file=sys.stderr)


class Exceptions:
    """Rows of compare-exceptions.toml.

    `tool`, `purl` and `file` are regular expressions that the tool's name, the whole normalised purl and one of the
    entry's files must match. A row for a class of entries must show for each that it is wrong, with at least one of:
    `shows`, which must match in the file, and `absent`, which must not. All files of the entry have to show it; with
    `any = true` (a project's own name) one suffices, and with `look = "tree"` all files of the tree that match `file` are
    looked at instead of the entry's own. In both, {name}, {last} (last part of the
    name), {group} (the parts before) and {version} stand for the entry's own, in any letter case and with any separator.
    """

    def __init__(self, path):
        with open(path, "rb") as file:
            self.rows = tomllib.load(file).get("exception", [])
        for row in self.rows:
            assert row["class"] and row["reason"], row
            literal = not re.search(r"[*+?\[(|]|(?<!\\)\.", row["purl"].replace(r"\.", ""))
            assert literal or "shows" in row or "absent" in row, f"a class needs something to show it: {row}"
        self.used = collections.Counter()

    def excuse(self, tool, entry, files, tree):
        """The row that excuses the entry, if one does."""
        for at, row in enumerate(self.rows):
            if re.fullmatch(row["tool"], tool) and re.fullmatch(row["purl"], show(entry)):
                stated = [one for one in files if content(os.path.join(tree, one)) is not None] if row.get("look") != "tree" else []
                # entries without a file have to be wrong in all files of the kind that name them
                asked = stated or [one for one in listing(tree) if self.names(entry, os.path.join(tree, one), row)]
                fits = [one for one in asked if re.search(row.get("file", ""), one)]
                # wrong in one file is not wrong in another: all have to show it, unless the row says otherwise
                enough = any if row.get("any") else all
                if fits and len(fits) == len(asked) and enough(self.shown(row, entry, os.path.join(tree, one)) for one in fits):
                    self.used[at, tool] += 1
                    return row
        return None

    @staticmethod
    def names(entry, path, row):
        """Whether a file that the row looks at holds the last part of the entry's name as a word, and its version (which
        another file may give where the row looks at the whole tree)."""
        if "file" not in row or not re.search(row["file"], path):
            return False
        word = rf"(?<![\w-]){re.escape(entry[1].rpartition('/')[2])}(?![\w-])"
        return re.search(word, content(path), re.I) is not None and (row.get("look") == "tree" or entry[2] in content(path))

    @staticmethod
    def shown(row, entry, path):
        if "shows" not in row and "absent" not in row:
            return True
        text = content(path)
        if text is None:
            return False
        kind, name, version = entry
        loose = lambda words: re.sub(r"(\\-|[-_]|\\\.)+", "[-_.]+", re.escape(words))
        fill = lambda pattern: (pattern.replace("{name}", loose(name)).replace("{last}", loose(name.rpartition("/")[2]))
                                .replace("{group}", re.escape(name.rpartition("/")[0])).replace("{version}", re.escape(version)))
        found = lambda pattern: re.search(fill(pattern), text, re.M | re.I)
        return ("shows" not in row or found(row["shows"])) and ("absent" not in row or not found(row["absent"]))


@functools.lru_cache(maxsize=2)
def listing(tree):
    return [os.path.relpath(os.path.join(folder, name), tree) for folder, _, names in os.walk(tree) for name in names]


@functools.lru_cache(maxsize=64)
def content(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def compare(tree, results, exceptions, lines):
    """Counts per ecosystem of one tree; missing and excused entries go to `lines`."""
    name = os.path.basename(tree)
    report = load(os.path.join(results, f"{name}.sovaudit.json"))
    if report is None:
        sys.exit(f"no report of sovaudit for {name}")
    have = ours(report)
    names = {(kind, package) for kind, package, _ in have}
    counts = collections.defaultdict(collections.Counter)
    theirs = set()
    for tool in TOOLS:
        other = load(os.path.join(results, f"{name}.{tool}.json"))
        if other is None:
            lines.append(f"{name}: no report of {tool}")
            continue
        for entry, files in sorted(READERS[tool](other, tree).items()):
            kind, package, version = entry
            theirs.add(entry)
            counts[kind][tool] += 1
            if entry in have or (not version and (kind, package) in names):
                continue
            row = exceptions.excuse(tool, entry, files, tree)
            counts[kind][f"{tool} {'wrong' if row else 'missing'}"] += 1
            state = f"wrong ({row['class']})" if row else "MISSING"
            lines.append(f"{name}: {tool}: {state}: {show(entry)} in {', '.join(sorted(files)) or 'no file'}")
    for entry in have:
        counts[entry[0]]["ours"] += 1
        counts[entry[0]]["only ours"] += entry not in theirs
    return counts


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


COLUMNS = ("ours", "syft", "syft wrong", "syft missing", "cdxgen", "cdxgen wrong", "cdxgen missing", "only ours")
HEADINGS = ("sovaudit", "Syft", "of these wrong", "missing", "cdxgen", "of these wrong", "missing", "only sovaudit")


def table(first, rows):
    """A Markdown table: `rows` are (label, counts)."""
    out = [f"| {first} | " + " | ".join(HEADINGS) + " |", "|---" * (first.count("|") + 1) + "|---:" * len(HEADINGS) + "|"]
    for label, counts in rows:
        out.append(f"| {label} | " + " | ".join(f"{counts[one]:,}" for one in COLUMNS) + " |")
    return "\n".join(out)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--trees", required=True)
    options.add_argument("--results", required=True)
    options.add_argument("--sovaudit")
    options.add_argument("--syft")
    options.add_argument("--cdxgen")
    options.add_argument("--exceptions", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare-exceptions.toml"))
    options.add_argument("--only", action="append", default=[], help="part of a tree's name")
    options.add_argument("--refresh", action="append", default=[], choices=TOOLS)
    options.add_argument("--online", action="store_true")
    options.add_argument("--markdown")
    options.add_argument("--list")
    given = options.parse_args()

    trees = [os.path.abspath(os.path.join(given.trees, name)) for name in sorted(os.listdir(given.trees))
             if not given.only or any(part in name for part in given.only)]
    os.makedirs(given.results, exist_ok=True)
    for tree in trees:
        for tool in ("sovaudit", *TOOLS):
            output = os.path.abspath(os.path.join(given.results, f"{os.path.basename(tree)}.{tool}.json"))
            command = getattr(given, tool)
            if command and (tool == "sovaudit" or tool in given.refresh or not os.path.exists(output)):
                run(tool, absolute(shlex.split(command)), tree, output, given.online)

    exceptions, lines = Exceptions(given.exceptions), []
    by_tree, by_kind, total = {}, collections.defaultdict(collections.Counter), collections.Counter()
    for tree in trees:
        # small trees cut from one repository are counted together
        group = by_tree.setdefault(os.path.basename(tree).partition("--")[0], collections.defaultdict(collections.Counter))
        for kind, counts in compare(tree, given.results, exceptions, lines).items():
            group[kind].update(counts)
            by_kind[kind].update(counts)
            total.update(counts)
    per_tree = [(f"{name.replace('__', '/').replace('+', '/', 1)} | {kind}", kinds[kind]) for name, kinds in by_tree.items() for kind in sorted(kinds)]
    per_kind = [(kind, by_kind[kind]) for kind in sorted(by_kind)] + [("all", total)]
    classes = collections.Counter()
    for (at, tool), times in exceptions.used.items():
        classes[tool, exceptions.rows[at]["class"], exceptions.rows[at]["reason"]] += times
    wrong = "\n".join(["| program | entries | class | why they are wrong |", "|---|---:|---|---|",
                       *(f"| {tool} | {times:,} | {kind} | {reason} |" for (tool, kind, reason), times in sorted(classes.items()))])
    text = "\n\n".join([table("ecosystem", per_kind), table("tree | ecosystem", per_tree), wrong]) + "\n"
    print(text)
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(text)
    if given.list:
        with open(given.list, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    sys.exit(1 if total["syft missing"] + total["cdxgen missing"] else 0)


def absolute(words):
    """Programs by their full path: the runs happen in another folder."""
    return [os.path.abspath(word) if os.path.exists(word) else shutil.which(word) or word for word in words]


if __name__ == "__main__":
    main()
