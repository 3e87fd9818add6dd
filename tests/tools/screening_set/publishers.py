"""Who publishes packages, as their own metadata says: names that are on no list. Read from trees of this machine, kept nowhere else."""
import collections
import json
import os
import re
import tomllib

COMPANY = re.compile(r"\b(?:inc|llc|ltd|limited|gmbh|corp(?:oration)?|company|foundation|team|project|developers?|contributors|authors|group|labs?|"
                     r"maintainers|community|software|technologies|systems|university|institute|association|organi[sz]ation|consortium|packagers|packaging|"
                     r"s\.a\.|b\.v\.|ab|oy|ag|core|foundation|studio|solutions|bot|committee|initiative|center|centre|council|alliance|network)\b", re.I)
HOSTED = re.compile(r"(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)[/:]([A-Za-z0-9][A-Za-z0-9_.-]{1,38})/")


def clean(text):
    text = re.sub(r"<[^>]*>|\([^)]*\)|\[[^\]]*\]|https?://\S+|\S+@\S+", " ", str(text))
    text = re.sub(r"(?i)\b(?:copyright|all rights reserved|and (?:contributors|others)|the authors of)\b|[\"“”]|©", " ", text)
    return re.sub(r"\s+", " ", text).strip(" ,;.-")


def kind_of(name):
    if COMPANY.search(name):
        return "organisation"
    parts = name.split()
    if 2 <= len(parts) <= 4 and all(part[:1].isupper() or len(part) < 4 for part in parts):
        return "person"
    return "organisation"


def person_field(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield value.get("name", "")
    elif isinstance(value, list):
        for one in value:
            yield from person_field(one)


def from_node(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        content = json.load(file)
    if not isinstance(content, dict):
        return
    for key in ("author", "authors", "maintainers", "contributors", "publisher", "organization"):
        yield from person_field(content.get(key))
    for scope in {str(content.get("name", "")), *list(content.get("dependencies") or {}), *list(content.get("devDependencies") or {})}:
        if scope.startswith("@") and "/" in scope:
            yield "@" + scope[1:].split("/")[0]
    repository = content.get("repository")
    address = repository.get("url", "") if isinstance(repository, dict) else str(repository or "")
    yield from ("@" + owner for owner in HOSTED.findall(address + "/"))


def from_python(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        head = file.read(200_000).split("\n\n")[0]
    for field, value in re.findall(r"^(Author|Maintainer|Author-email|Maintainer-email|Home-page|Project-URL):\s*(.+)$", head, re.M):
        if field in ("Home-page", "Project-URL"):
            yield from ("@" + owner for owner in HOSTED.findall(value + "/"))
        else:
            yield from (part for part in re.split(r"[,;]|\sand\s", value))


def from_rust(path):
    with open(path, "rb") as file:
        package = tomllib.load(file).get("package") or {}
    authors = package.get("authors")
    yield from (authors if isinstance(authors, list) else [])
    yield from ("@" + owner for owner in HOSTED.findall(str(package.get("repository", "")) + "/"))


def from_text(path):
    """Lock files, go.mod, lists of Debian packages: owners of hosted code, scopes, maintainers."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(("Maintainer:", "Original-Maintainer:")):
                yield line.split(":", 1)[1]
            elif len(line) < 2000:
                yield from ("@" + owner for owner in HOSTED.findall(line))
                yield from ("@" + scope for scope in re.findall(r"[\"'/ ]@([a-z0-9][a-z0-9._-]+)/", line))


def reader(name):
    if name == "package.json":
        return from_node
    if name in ("METADATA", "PKG-INFO"):
        return from_python
    if name == "Cargo.toml":
        return from_rust
    if name in ("go.mod", "go.sum", "yarn.lock", "pnpm-lock.yaml", "package-lock.json", "Cargo.lock", "uv.lock", "poetry.lock") or name.startswith("Packages"):
        return from_text
    return None


def files_of(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, names in os.walk(path):
            yield from (os.path.join(folder, name) for name in names)


def collect(paths):
    """Name to (kind, number of files that say it)."""
    found = collections.Counter()
    kinds = {}
    for path in files_of(paths):
        read = reader(os.path.basename(path))
        if not read:
            continue
        try:
            names = set(read(path))
        except (OSError, ValueError, AttributeError, TypeError):
            continue
        for name in names:
            handle = str(name).startswith("@")
            name = clean(str(name)[1:].replace("-", " ").replace("_", " ")) if handle else clean(name)
            if 2 < len(name) <= 80 and re.search(r"[^\W\d_]{2}", name):
                key = name.lower()
                found[key] += 1
                kinds.setdefault(key, (name, "handle" if handle else kind_of(name)))
    return [(kinds[key][0], kinds[key][1], count) for key, count in sorted(found.items())]
