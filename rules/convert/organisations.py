"""Organisations, ownership and listings."""
import re

import law
from tomlout import date, mark, slug, split

KEY_TYPES = {"go": "golang"}
# keys that the fact table gives to who began a project, and that others hold now (see organisations-extra.toml)
HANDED_ON = {("meta", "github", "pytorch")}  # Linux Foundation, 12 September 2022: PyTorch joins it
VAGUE = re.compile(r"founders|staff|individual|unclear|spin-off|holders|minority|investors|until |others|jsd|consortium", re.I)
STATE = re.compile(r"^(state|state-backed|shanghai state|russian federation|prc|cas|russian ministry of finance)$", re.I)


def convert(rows):
    by_name = {}
    for row in rows:
        for name in {row["org_id"], row["name"], clean(row["name"]), row["name"].split(" / ")[0]}:
            by_name.setdefault(name.lower(), row["org_id"])
    extra_names = {"alibaba group holding": "alibaba", "alibaba group": "alibaba", "huawei": "huawei", "amazon": "amazon",
                   "high-flyer quant": "high-flyer", "high-flyer capital management": "high-flyer",
                   "baidu inc": "baidu", "zhipu": "zhipu", "huawei investment & holding": "huawei-holding",
                   "software in the public interest": "spi", "spi": "spi"}
    by_name.update({name: org for name, org in extra_names.items() if name not in by_name})
    organisations, ownership, created = [], [], {}
    existing = {row["org_id"] for row in rows}

    def resolve(name, row):
        name = clean(name)
        if not name:
            return None
        if STATE.match(name):
            country = row["ultimate_parent_country"] or row["country_iso2"]
            return create(f"state-{country.lower()}", f"State of {country}", "state", country, row)
        found = by_name.get(name.lower())
        if found in existing:
            return found
        return create(found or slug(name), name, "parent", row["ultimate_parent_country"], row)

    def create(org, name, kind, country, row):
        created.setdefault(org, {
            "id": org, "name": name, "kind": kind, "country": country,
            "source": f"named as owner of {row['name']} in the organisations table; " + row["source"],
            "verification": mark(row["verified"]) if row["verified"] != "two-source" else "one-source",
        })
        return org

    for row in rows:
        organisations.append(organisation(row))
        parent_text = row["immediate_parent"]
        verified = set(split(row["verified_keys"]))
        twice = set(split(row["two_source_keys"]))
        owners = {"immediate_parent", "ultimate_parent"}
        grade = "two-source" if twice & owners else "one-source" if verified & owners else "recalled"
        if parent_text and not VAGUE.search(parent_text):
            share = re.search(r"([\d.]+) percent", parent_text)
            closed = re.search(r"(?:closed|acquired) (\d{4}-\d{2}-\d{2})", row["note"])
            pending = bool(re.search(r"not confirmed|pending|court-appointed", parent_text))
            for part in re.split(r" / | and ", parent_text):
                owner = resolve(part, row)
                if owner and owner != row["org_id"]:
                    ownership.append({"of": row["org_id"], "by": owner, "share_percent": share and float(share.group(1)),
                                      "control": not pending, "from": date(closed.group(1)) if closed else None, "note": parent_text if pending or "(" in parent_text else None,
                                      "source": row["source"], "verification": grade})
                    if len(re.split(r" / | and ", parent_text)) == 1:
                        chain(owner, row, resolve, ownership, created)
    return organisations + list(created.values()), unique(ownership)


def chain(owner, row, resolve, ownership, created):
    """The owner's own last owner, when only this row names it."""
    last = row["ultimate_parent"]
    if not last or owner not in created or VAGUE.search(last) or "pending" in last or " / " in last or ";" in last:
        return
    if owner not in ("t-technologies", "gazprom", "tsinghua-university", "russian-academy-of-sciences"):
        return
    top = resolve(last, row)
    if top and top != owner and not owner.startswith("state-"):
        ownership.append({"of": owner, "by": top, "control": True, "source": row["source"], "verification": "recalled"})


def organisation(row):
    verified = set(split(row["verified_keys"]))
    twice = set(split(row["two_source_keys"]))
    keys = []

    def add(kind, values, mark_prefix):
        for value in split(values):
            stated = value
            # a content network's host belongs to the domain; hosts match by suffix
            value = value.removeprefix("dl-cdn.")
            if (row["org_id"], kind, value) in HANDED_ON:
                continue
            keys.append({"type": kind, "value": value.rstrip("*") if value.endswith("*") and kind not in ("registry",) else value,
                         "prefix": True if value.endswith("*") and kind not in ("registry",) else None,
                         "gate": f"{mark_prefix}:{stated}" in verified,
                         "two_source": True if f"{mark_prefix}:{stated}" in twice else None})
    add("github", row["github_orgs"], "gh")
    for entry in split(row["package_namespaces"]):
        kind, _, value = entry.partition(":")
        prefix = value.endswith("*")
        if value in ("*", ""):
            continue
        keys.append({"type": KEY_TYPES.get(kind, kind), "value": value.rstrip("*"), "prefix": True if prefix else None,
                     "gate": entry in verified and not prefix,
                     "two_source": True if entry in twice and not prefix else None})
    add("registry", row["registries"], "reg")
    add("domain", row["domains"], "dom")
    add("huggingface", row["huggingface_orgs"], "hf")
    columns = ("country", "ultimate_parent", "immediate_parent", "list_status")
    fields, fields_twice = ([field for field in columns if field in known] for known in (verified, twice))
    return {"id": row["org_id"], "name": row["name"], "kind": row["kind"], "country": row["country_iso2"],
            "list_status": law.one_id(row["list_status"]), "ultimate_parent": row["ultimate_parent"],
            "ultimate_parent_country": row["ultimate_parent_country"], "keys": keys, "verified_fields": fields, "two_source_fields": fields_twice,
            "controls": row["controls"], "note": row["note"], "source": row["source"], "verification": mark(row["verified"])}


def clean(name):
    return re.sub(r"\s*\(.*?\)", "", name).strip(" ;")


def unique(rows):
    seen, out = set(), []
    for row in rows:
        if (row["of"], row["by"]) not in seen:
            seen.add((row["of"], row["by"]))
            out.append(row)
    return sorted(out, key=lambda row: (row["of"], row["by"]))


GENERIC = {"group", "company", "technologies", "technology", "cloud", "bank", "holding", "limited", "institute", "semiconductor",
           "computing", "digital", "systems", "international", "china", "beijing", "shanghai", "russian", "labs", "corporation"}


def words(text):
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 2 and word not in GENERIC}


def about(row, organisation):
    """Whether an entry names the organisation itself, or an officer, owner or part of it."""
    own = words(organisation["name"]) | words(organisation["org_id"].replace("-", " "))
    names = re.sub(r"\(.*?\)", "", row["entity"] + " " + row["aliases"])
    listed = words(names)
    joined = re.sub(r"\W", "", names.lower())
    of_people = re.search(r"\b(persons|leaders|officers|individuals)\b", row["entity"], re.I) or "PERSONS" in row["list_entry_id"]
    if of_people or re.search(r"\bsubsidiary of\b", row["note"]):
        return "related-party"
    same = bool(own & listed) or any(len(word) > 3 and word in joined for word in own)
    denied = re.search(r"itself (is )?not|not listed itself", row["note"])
    return "organisation" if same and not denied else "related-party"


def listings(rows, organisations, dates):
    """Entries of lists. `dates` is listing-dates.csv of this folder: what the table does not hold in a column."""
    by_id = {row["org_id"]: row for row in organisations}
    known = {(row["list"], row["entry"]): row for row in dates}
    out = []
    for number, row in enumerate(rows, 1):
        own = known.pop((row["list_code"], row["list_entry_id"]), None) or known.pop((row["list_code"], row["entity"]), None) or {}
        if own.get("listed") or own.get("listed_text"):
            assert not date(row["date_listed"]), f"{own['entry']}: the table has the day itself"
            listed, listed_text = own["listed"], own["listed_text"]
        else:
            listed, listed_text = row["date_listed"], row["date_listed"]
        out.append({"id": f"{row['list_code'].lower()}-{number:03}", "organisation": row["org_id"], "kind": row["row_kind"],
                    "about": about(row, by_id[row["org_id"]]) if row["org_id"] in by_id else None,
                    "entity": row["entity"], "aliases": split(row["aliases"]), "country": row["country"],
                    "list": law.one_id(row["list_code"]), "listed": date(listed), "listed_text": None if date(listed) else listed_text,
                    "delisted": date(own.get("delisted")), "delisted_text": own.get("delisted_text"), "doubtful": own.get("doubtful"),
                    "citation": row["citation"], "policy": row["license_policy"], "programme": row["footnote_or_programme"],
                    "status": row["status"], "entry": row["list_entry_id"], "note": row["note"],
                    "verified_fields": split(row["verified_fields"]),
                    "source": row["source"] + (f"; dates: {own['source']}" if own else ""), "verification": mark(row["verified"])})
    assert not known, f"listing-dates.csv names entries that the table does not hold: {sorted(known)}"
    return out
