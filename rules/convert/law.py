"""Laws, ownership thresholds, country groups, frameworks, lists and cases."""
import re
import tomllib
from datetime import date, timedelta
from tomlout import Date, mark, markdown_tables, slug

COUNTRIES = {"2": "US", "3": "GB", "4": "CN", "5": "RU"}
NAMES = {"India": "IN", "Israel": "IL", "UAE": "AE", "Switzerland": "CH", "Japan": "JP", "Republic of Korea": "KR", "Canada": "CA",
         "Australia": "AU", "Brazil": "BR", "EU side": "EU", "France": "FR"}
REVIEW = {"FISA 702": "2027-03-31", "BIS Affiliates Rule (50 %)": "2026-11-30", "DPF adequacy": "2027-06-30"}
VALID = {"FISA 702": (None, "2026-06-12"), "CLOUD Act / Stored Communications Act": ("2018-03-23", None)}
# rows of the table that are no law of the state they stand under, and tests that the table gives in words only
HOME = {"EU sanctions on software/cloud to Russia: Reg. 833/2014 art. 5n": "EU"}
# nothing that a scan sees is a defence article, so the ITAR is asked of nothing
TESTS = {"CLOUD Act witness text": [], "BIS Affiliates Rule (50 %)": [], "OFAC sanctions": ["T1", "T7"], "ITAR": []}
# laws that reach providers of communication and computing only, as the table says of them
PROVIDERS = re.compile(r"^(CLOUD Act / |FISA 702|Investigatory Powers Act|374-FZ|236-FZ|242-FZ|IT Act 2000|Communications Law|telecom licence|"
                       r"BÜPF|Criminal Code s\.487|TOLA Act|LGPD|GDPR art\. 48|APPI|PIPA)")
# laws under which somebody can be ordered to give access to data, as the table says of them
ACCESS = re.compile(PROVIDERS.pattern + r"|^(National Intelligence Law|Cybersecurity Law)")
LISTS = {"EAR": ["US-EL", "US-MEU", "US-DPL", "US-UVL"], "OFAC sanctions": ["US-SDN", "US-SSI", "US-NS-MBS", "US-NS-CMIC"],
         "Section 1260H list, FCC Covered List, UFLPA": ["US-1260H", "US-FCC", "US-UFLPA"],
         "Export Control Law 2020; dual-use regulations Dec 2024; rare-earth rules": ["CN-ECL", "CN-WL"],
         "Unreliable Entity List (2020 provisions)": ["CN-UEL"]}
PERIODS = {"BIS Affiliates Rule (50 %)": [{"state": "in-force", "from": Date("2025-09-29"), "to": Date("2025-11-09")},
                                          {"state": "suspended", "from": Date("2025-11-10"), "to": Date("2026-11-09")},
                                          {"state": "not-verified", "from": Date("2026-11-10")}],
           "State Council Order 834 Regulations on Industrial and Supply Chain Security": [{"state": "in-force", "from": Date("2026-04-07")}],
           # its cell of standing tells of a case under it
           "Investigatory Powers Act 2016, s.253 technical capability notice; IP (Amendment) Act 2024": [{"state": "in-force"}]}


def laws(textual):
    out = found(textual)
    for row in out:
        name = row["name"]
        row["jurisdiction"] = HOME.get(name, row["jurisdiction"])
        row["tests"] = TESTS.get(name, row["tests"])
        row["applies_to"] = ["service", "host"] if PROVIDERS.match(name) else None
        row["access"] = True if ACCESS.match(name) else None
        row["lists"] = LISTS.get(name)
        row["periods"] = PERIODS.get(name)
    return out


def found(textual):
    out = []
    for heading, header, rows in markdown_tables(textual):
        section = heading.split(".")[0]
        if section in COUNTRIES:
            for cells in rows:
                row = dict(zip([h.lower() for h in header], cells))
                name = row["law"]
                start, end = VALID.get(name, (None, None))
                out.append({"id": f"{COUNTRIES[section].lower()}-{slug(name)[:60].strip('-')}", "jurisdiction": COUNTRIES[section], "name": name,
                            "reference": row.get("reference"), "tests": sorted(set(re.findall(r"T[1-7]", expand(row.get("reaches") or row.get("reach") or "")))),
                            "reaches": row.get("reaches") or row.get("reach"), "content": row.get("key content") or row.get("content"),
                            "status": row.get("status november 2026") or row.get("status"),
                            "from": start and Date(start), "to": end and Date(end), "review_by": Date(REVIEW.get(name, "2027-06-30")),
                            "source": row.get("source") or "jurisdiction facts", "verification": mark(row.get("mark"))})
        elif section == "6":
            for cells in rows:
                country = NAMES[cells[0]]
                out.append({"id": f"{country.lower()}-{slug(cells[1])[:60].strip('-')}", "jurisdiction": country, "name": cells[1],
                            "tests": sorted(set(re.findall(r"T[1-7]", cells[2]))), "reaches": cells[2],
                            "eu_transfer": cells[3] if cells[3] != "-" else None, "review_by": Date("2027-06-30"),
                            "source": "jurisdiction facts section 6", "verification": mark(cells[4])})
    return out


def expand(text):
    return re.sub(r"T(\d)-T(\d)", lambda m: " ".join(f"T{n}" for n in range(int(m[1]), int(m[2]) + 1)), text)


def thresholds(textual):
    for heading, header, rows in markdown_tables(textual):
        if header[0] == "Threshold":
            return [{"threshold": c[0], "rule": c[1], "source": c[2], "verification": mark(c[3])} for c in rows]
    return []


# group, first day, country that came or went on that day, act
CHANGES = [
    ("a5", "2026-07-10", "AE", "91 FR 43034 (2026-07-10) moved AE"),
    ("d3", "2026-07-10", "AE", "91 FR 43034 (2026-07-10) moved AE"),
    ("d4", "2026-07-10", "AE", "91 FR 43034 (2026-07-10) moved AE"),
    ("b", "2024-03-15", "NI", "89 FR 18780 (2024-03-15) moved NI"),
    ("d1", "2024-03-15", "NI", "89 FR 18780 (2024-03-15) moved NI"),
    ("d5", "2024-03-15", "NI", "89 FR 18780 (2024-03-15) moved NI"),
    ("d5", "2026-02-03", "KH", "91 FR 5091 (2026-02-03) took KH out; the State Department had on 2025-11-07"),
]


def groups(raw):
    data = tomllib.loads(raw)
    meta, out = data["meta"], []
    for kind in ("groups", "sets"):
        for ident, group in data[kind].items():
            out.append({"id": ident, "kind": "ear-group" if kind == "groups" else "set", "code": group.get("code"), "label": group.get("label"),
                        "countries": sorted(group["countries"]), "regions": group.get("regions"), "note": group.get("note"),
                        "from": None, "to": Date(str(group["until"])) if "until" in group else None,
                        "source": group.get("source") or meta["source"], "verification": mark(group.get("verified") or meta["verified"])})
            # the set before each known change is kept so that an earlier as-of date gets the earlier law
            for day, country, why in sorted((c[1:] for c in CHANGES if c[0] == ident), reverse=True):
                before = set(out[-1]["countries"]) ^ {country}
                out[-1]["from"] = Date(day)
                last = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
                out.append(out[-1] | {"countries": sorted(before), "from": None, "to": Date(last), "note": "before " + why})
    return out


LADDERS = {"L4": "0/41.67/83.34/125.01", "L5a": "0/31.25/62.5/93.75/125", "L5b": "0/41.75/83.5/125.25/167", "L5c": "0/50/100/150/200",
           "L5d": "0/35.75/71.5/107.25/143", "L5e": "0/62.5/125/187.5/250"}


def framework(textual):
    objectives, levels, criteria = [], [], []
    for heading, header, rows in markdown_tables(textual):
        if heading.startswith("1.2"):
            objectives = [{"id": c[0], "name": c[1], "weight_2025": int(c[2].split()[0]), "weight_2026": int(c[3].split()[0]),
                           "criteria": int(c[4]), "verification": mark(c[5]), "source": "EU Cloud Sovereignty Framework v1.2.1; calculator of 1 June 2026"} for c in rows]
        elif heading.startswith("1.3"):
            levels = [{"id": c[0], "name": c[1], "meaning": c[3], "verification": mark(c[4]), "source": "EU Cloud Sovereignty Framework v1.2.1"} for c in rows]
        elif heading.startswith("1.5"):
            for c in rows:
                values = LADDERS.get(c[2], c[2]).split("/")
                repeated = re.fullmatch(r"(\d)×(\d)", c[3])
                seal = [repeated[1]] * int(repeated[2]) if repeated else c[3].split("/")
                criteria.append({"id": c[0], "objective": "SOV-" + c[0].split(".")[0], "name": c[1], "values": values,
                                 "seal": [int(s) for s in seal], "steps": [s.strip() for s in re.split(r"→", c[4])],
                                 "source": "EU Cloud Sovereignty Framework calculator annex, 1 June 2026", "verification": "one-source"})
    return objectives, levels, criteria


# other ids under which fact tables write a list
ALSO = {"US-NS-CMIC": ["US-NSCMIC"], "US-NS-MBS": ["US-NSMBS"]}
# orders under which every entry of a list stands, as the export-control facts, section 5, cite them
CITATIONS = {"US-NS-CMIC": "EO 13959 as amended by EO 14032"}


def one_id(text):
    """Ids of lists in a text, each list under one."""
    for ident, others in ALSO.items():
        for other in others:
            text = text and text.replace(other, ident)
    return text


def lists(textual):
    out = []
    for heading, header, rows in markdown_tables(textual):
        if header[0].startswith("List (id"):
            for c in rows:
                for ident in re.findall(r"`([A-Z0-9-]+)`", c[0]):
                    out.append({"id": ident, "also": ALSO.get(ident), "citation": CITATIONS.get(ident), "publisher": c[1], "effect": c[2], "consequence": re.match(r"\w+", c[3].replace("**", "")).group().lower(),
                                "consequence_text": c[3].replace("`", ""),
                                "measure": next(iter(re.findall(r'block when "([^"]+)" is among the measures', c[3])), None), "jurisdiction": ident.split("-")[0],
                                "source": "screening facts section 1", "verification": "one-source"})
    return out


def cases(textual):
    out = []
    for match in re.finditer(r"^### ([A-G]\d+)\. (.*?)\s+\[(2S|1S|R)\]\n(.*?)(?=^#|\Z)", textual, re.S | re.M):
        body = match[4]
        keys = re.findall(r"`([^`]+)`", "".join(line for line in body.splitlines() if line.startswith("- Keys")))
        exercise = re.search(r"Exercises: (.*)", body)
        out.append({"id": match[1].lower(), "title": match[2], "keys": keys, "exercises": exercise and exercise[1].strip(),
                    "source": "real cases " + match[1], "verification": mark(match[3])})
    return out


def reference(name, textual):
    """Every table of a document, row by row and cell by cell: what no typed table holds is not lost."""
    out = []
    for heading, header, rows in markdown_tables(textual):
        names = [slug(h).replace("-", "_") or f"column_{i}" for i, h in enumerate(header)]
        for cells in rows:
            pairs = {n: c for n, c in zip(names, cells) if c and c != "-"}
            marks = [c for n, c in pairs.items() if n in ("mark", "verified", "confidence")]
            found = re.findall(r"\[(2S|1S|R)", " ".join(cells))
            weakest = min((mark(m) for m in marks + found), default="recalled", key=["recalled", "one-source", "two-source"].index)
            out.append({"document": name, "section": heading, "cells": pairs, "source": pairs.get("source") or f"{name}, {heading}", "verification": weakest})
    return out
