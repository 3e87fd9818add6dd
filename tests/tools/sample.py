#!/usr/bin/env python3
"""Samples statements of repositories and looks whether a report has them.

Usage: sample.py [--show] SEED PER_SORT REPOSITORY=REPORT.json ...

Statements are found with regular expressions over the files, without any code of sovaudit: images of manifests and
Dockerfiles, Terraform resources, literal regions, GPU requests, GitOps repositories, model ids, clients of AI services. A
statement counts as found when the report has evidence at its file and line, or a diagnostic at that place; a region or a GPU
resource, whose places the report keeps to itself, when a component has that value; a resource also when the report names it as
switched off. What is printed as missing is for a person to judge, and with --show what was found, with what the report says
at the place.
"""

import json
import os
import random
import re
import sys

SORTS = {
    "image": (r"\.ya?ml$", r"""^\s*(?:- )?image:\s*["']?([\w./:@-]+/[\w./:@-]+)["']?\s*$"""),
    "base-image": (r"(^|/)[\w.-]*Dockerfile[\w.-]*$", r"(?i)^FROM\s+(?:--platform=\S+\s+)?([\w./:@-]+)"),
    "resource": (r"\.tf$", r'^resource\s+"(\w+"\s+"[\w-]+)"'),
    "region": (r"\.tf$", r'^\s*region\s*=\s*"([a-z]{2}[\w-]+)"'),
    "gpu": (r"\.ya?ml$", r"""^\s*["']?((?:nvidia|amd|habana|gpu\.intel)\.(?:com|ai)/(?:gpu|gaudi|mig-[\w.]+))["']?:\s*["']?\d"""),
    "gitops": (r"\.ya?ml$", r"""^\s*(?:- )?repoURL:\s*["']?(https?://[^\s"'{}]+)["']?\s*$"""),
    "model": (r"\.(ya?ml|sh|py)$", r"""--model(?:-id|-path)?[= ]["']?([A-Za-z][\w.-]+/[\w.-]+)"""),
    "client": (r"\.py$", r"""boto3\.client\(\s*["'](bedrock[\w-]*|sagemaker[\w-]*|comprehend|rekognition|polly|textract|s3|dynamodb|sqs)["']"""),
    "ai-client": (
        r"\.(py|ts|js|tsx)$",
        r"""(?:=|return|await|:)\s*(?:new\s+)?((?:Async)?(?:Azure)?(?:OpenAI|Anthropic|Mistral|Groq|Cohere)|\w+RuntimeClient|ChatOpenAI|AzureChatOpenAI)\(""",
    ),
}

# names of stages are no images
STAGE = re.compile(r"(?i)^FROM\s.+\sAS\s+([\w.-]+)\s*$")


def statements(folder):
    for root, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in (".git", "node_modules", "vendor")]
        for name in files:
            path = os.path.join(root, name)
            below = os.path.relpath(path, folder)
            wanted = [(sort, re.compile(line)) for sort, (ending, line) in SORTS.items() if re.search(ending, below)]
            if not wanted or os.path.islink(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.readlines()
            stages = {match.group(1).lower() for text in lines if (match := STAGE.match(text))} | {"scratch"}
            for number, text in enumerate(lines, 1):
                for sort, line in wanted:
                    found = line.search(text)
                    is_stage = sort == "base-image" and found and found.group(1).lower() in stages
                    if found and not is_stage and not text.lstrip().startswith("#"):
                        yield sort, below, number, re.sub(r'"\s+"', ".", found.group(1))


def places(report):
    """Words that evidence speaks of, by file and line."""
    found = {}

    def walk(node, words):
        if isinstance(node, dict):
            words = words + [str(node[key]) for key in ("id", "name", "value", "to", "label") if key in node]
            if "path" in node and "line" in node:
                found.setdefault((node["path"], node["line"]), []).append(" ".join(words))
            for value in node.values():
                walk(value, words)
        elif isinstance(node, list):
            for value in node:
                walk(value, words)

    for part in ("components", "relations", "diagnostics"):
        walk(report.get(part, []), [part])
    return found


# attributes that the sorts without places of their own are looked up in
VALUES = {"region": "region", "gpu": "extended-resource"}


def values(report):
    return {
        (key, value)
        for component in report["components"]
        for key in VALUES.values()
        for value in component.get("attributes", {}).get(key, [])
    }


def main():
    is_shown = "--show" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--show"]
    random.seed(int(sys.argv[1]))
    per_sort = int(sys.argv[2])
    by_sort = {}
    known = {}
    said = {}
    switched_off = {}
    for pair in sys.argv[3:]:
        folder, report = pair.split("=", 1)
        report = json.load(open(report))
        known[folder] = places(report)
        said[folder] = values(report)
        switched_off[folder] = {
            value for component in report["components"] for value in component.get("attributes", {}).get("switched-off", [])
        }
        for sort, below, number, word in statements(folder):
            by_sort.setdefault(sort, []).append((folder, below, number, word))
    whole = 0
    missing = 0
    for sort, all_of in sorted(by_sort.items()):
        chosen = random.sample(all_of, min(per_sort, len(all_of)))
        lost = []
        for folder, below, number, word in chosen:
            if (VALUES.get(sort), word) in said[folder]:
                continue
            # what a condition switches off is named at its project
            if sort == "resource" and any(off.endswith(word) for off in switched_off[folder]):
                continue
            near = [known[folder].get((below, number + step)) for step in (0, -1, 1)]
            if not any(near):
                lost.append((folder, below, number, word))
            elif is_shown:
                told = " | ".join(dict.fromkeys(words for place in near if place for words in place))
                print(f"  {os.path.basename(folder)}/{below}:{number} {word}\n    {told[:300]}")
        whole += len(chosen)
        missing += len(lost)
        print(f"{sort}: {len(chosen) - len(lost)} of {len(chosen)} found ({len(all_of)} in all)")
        for folder, below, number, word in lost:
            print(f"  not found: {os.path.basename(folder)}/{below}:{number} {word}")
    print(f"all: {whole - missing} of {whole}")


main()
