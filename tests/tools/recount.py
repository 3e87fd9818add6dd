#!/usr/bin/env python3
"""Independent counts for docs/accuracy.md: python3 tests/tools/recount.py REPOSITORY REPORT.json

Shares no code with sovaudit: JSON and TOML libraries over lock files, regular expressions over `resource`
blocks and go.mod, PyYAML over pod specs. Prints what each way of counting expects, what the report found, and the
entries that are not found.
"""
import json
import os
import re
import sys
import tomllib

import yaml

SKIP = {".git", "node_modules", ".terraform", "target", "__pycache__", ".venv"}


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIP]
        for name in names:
            yield os.path.join(folder, name)


def text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def main(root, report):
    components = json.load(open(report))["components"]
    ids = {row["id"].split("?")[0].replace("%40", "@").replace("%2B", "+").replace("%2F", "/").lower() for row in components}
    # what `count` or `for_each` switches off is told at its project and is no component
    off = {(row["id"].replace("project:", "resource:") + "/" + name).replace("resource:./", "resource:")
           for row in components for name in row["attributes"].get("switched-off", [])}
    images = {attribute_values(row) for row in components if row["kind"] == "image"}
    expected = {"uv.lock": set(), "go.mod": set(), "package-lock": set(), "Terraform resources": set(), "images": set()}
    for path in files(root):
        name = os.path.basename(path)
        folder = os.path.relpath(os.path.dirname(path), root)
        if name == "uv.lock":
            for row in tomllib.loads(text(path))["package"]:
                if not {"virtual", "editable", "directory"} & set(row.get("source", {})):
                    normal = re.sub(r"[-_.]+", "-", row["name"]).lower()
                    expected["uv.lock"].add(f"pkg:pypi/{normal}@{row.get('version', '')}".rstrip("@"))
        elif name == "go.mod":
            body = re.sub(r"//.*", "", text(path))
            replaced = dict(re.findall(r"^\s*(?:replace\s+)?(\S+)(?:\s+\S+)?\s+=>\s+(\S+ ?\S*)\s*$", body, re.M))
            for module, version in re.findall(r"^\s*(?:require\s+)?([\w.~/-]+\.[\w.~/-]+)\s+(v[\w.+-]+)\s*$", body, re.M):
                if module in replaced:
                    words = replaced[module].split()
                    if len(words) < 2:
                        continue
                    module, version = words
                expected["go.mod"].add(f"pkg:golang/{module}@{version}".lower())
        elif name == "package-lock.json":
            npm(json.loads(text(path)), expected["package-lock"])
        elif name.endswith(".tf"):
            for kind, label in re.findall(r'^\s*resource\s+"([^"]+)"\s+"([^"]+)"', text(path), re.M):
                expected["Terraform resources"].add((f"resource:{folder}/" if folder != "." else "resource:") + f"{kind}.{label}")
        elif name.endswith((".yaml", ".yml")):
            try:
                for document in yaml.safe_load_all(text(path)):
                    if isinstance(document, dict) and "apiVersion" in document:
                        pods(document, expected["images"])
            except yaml.YAMLError:
                pass
    for what, all_of in expected.items():
        if not all_of:
            continue
        found = {one for one in all_of if one.lower() in ids or one in ids} if what != "images" else {
            one for one in all_of if full(one) in images}
        print(f"{what}: expected {len(all_of)}, found {len(found)}, switched off {len(all_of & off)}")
        for one in sorted(all_of - found - off)[:40]:
            print("   not found:", one)


def attribute_values(row):
    names = row["attributes"]
    return (names.get("name") or [row["id"]])[0]


def full(image):
    image = image.strip()
    first = image.split("/")[0]
    if "/" not in image or not ("." in first or ":" in first or first == "localhost"):
        image = "docker.io/" + ("library/" if "/" not in image else "") + image
    return image


def npm(lock, into):
    def key(name, version):
        into.add(f"pkg:npm/{name}@{version}".lower())
    for place, row in lock.get("packages", {}).items():
        if "node_modules/" in place and not row.get("link"):
            key(row.get("name") or place.rsplit("node_modules/", 1)[1], row.get("version", ""))
    if "packages" not in lock:
        open_ = [lock.get("dependencies", {})]
        while open_:
            for name, row in open_.pop().items():
                version = row.get("version", "")
                if version.startswith("npm:"):
                    name, version = version[4:].rsplit("@", 1)
                if "://" not in version:
                    key(name, version)
                open_.append(row.get("dependencies", {}))


def pods(node, into):
    open_ = [node]
    while open_:
        node = open_.pop()
        if isinstance(node, dict):
            for name in ("containers", "initContainers", "ephemeralContainers"):
                for container in node.get(name) or []:
                    if isinstance(container, dict) and isinstance(container.get("image"), str):
                        into.add(container["image"])
            open_.extend(node.values())
        elif isinstance(node, list):
            open_.extend(node)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
