"""Makes the labelled set: queries that mean a listed party, and queries that do not."""
import collections
import csv
import difflib
import hashlib
import math
import os
import random as randomness
import re

from . import negatives, scripts, vary
from .lists import STOP, core, words

FIELDS = ["id", "category", "split", "kind", "query", "country", "expected", "near"]
RUSSIAN = {"RU", "BY", "UA", "KZ"}
ARAB = {"SY", "LB", "IQ", "YE", "EG", "LY", "JO", "SA", "KW", "AE"}
QUOTA = {"alias": 700, "alias-person": 250, "alias-vessel": 100, "variant": 75, "person": 45, "vessel": 40, "script": 60, "near": 110}


def rng(*parts):
    return randomness.Random(":".join(parts))


def half(text):
    """Everything about one party is in the same half, so that nothing is tuned on what is reported."""
    return "tune" if hashlib.sha256(text.encode()).digest()[0] & 1 else "test"


def squashed(text):
    return "".join(core(text))


class Set:
    """What is built: the rows, and which parties they are about."""

    def __init__(self, parties):
        self.parties = parties
        self.rows = []
        self.seen = set()
        self.used = {}
        self.held_out = set()
        self.frequency = collections.Counter(word for party in parties for name, _ in party.names[:1] for word in set(core(name)))
        self.owners = collections.defaultdict(set)
        for party in parties:
            for name, role in party.names:
                if role != "weak":
                    self.owners["".join(sorted(core(party.written(name))))].add(party.id)

    def weight(self, word):
        return math.log(len(self.parties) / (1 + self.frequency[word])) if word not in STOP else 0.2

    def accepted(self, party, query):
        """The party, and every other one that bears the same name: a hit on it is right as well."""
        same = set()
        for text in (query, party.written(party.name)):
            same |= self.owners.get("".join(sorted(core(text))), set())
        return "|".join([party.id, *sorted(same - {party.id})])

    def add(self, category, kind, query, country, party, positive=True, near=None):
        query = " ".join(query.split())
        key = (kind, query.lower())
        if len(query) < 3 or key in self.seen:
            return False
        self.seen.add(key)
        root = (near or party).id if (near or party) else query
        number = hashlib.sha256(f"{category}|{kind}|{query}".encode()).hexdigest()[:10]
        self.rows.append({"id": number, "category": category, "split": half(root), "kind": kind, "query": query, "country": country,
                          "expected": self.accepted(party, query) if positive else "", "near": near.id if near else ""})
        for one in (party, near):
            if one:
                self.used[one.id] = one
        return True


def sure_country(party, random):
    """Two queries in three know the country."""
    return party.countries[0] if party.countries and random.random() < 0.67 else ""


FORM_WORD = re.compile(r"^(?:obs?h?ch\w*|ogranich\w*|otvet\w*|a[kc]t[sz]?ion\w*|publichn\w*|otkr[iy]t\w*|zakr[iy]t\w*|joint|stock|limited|liability|public|open|closed|company|[opzn]?ao|ooo|p?jsc|llc)$")


def told(name):
    """The words of a name that tell it, without legal forms however they are spelt."""
    parts = [word for word in core(name) if not FORM_WORD.match(word)]
    return parts or core(name)


def alias_class(made, alias, others):
    """How much of the alias stands in the names that remain: all of it nearly, a part, nothing."""
    mine = told(alias)
    best_text, best_part = 0.0, 0.0
    for other in others:
        theirs = told(other)
        best_text = max(best_text, difflib.SequenceMatcher(None, "".join(sorted(mine)), "".join(sorted(theirs))).ratio(),
                        difflib.SequenceMatcher(None, "".join(mine), "".join(theirs)).ratio())
        total = sum(made.weight(word) for word in mine) or 1.0
        part = sum(made.weight(word) for word in mine
                   if any(word == one or (len(word) > 3 and difflib.SequenceMatcher(None, word, one).ratio() >= 0.8) for one in theirs))
        back = sum(made.weight(word) for word in theirs
                   if any(word == one or (len(word) > 3 and difflib.SequenceMatcher(None, word, one).ratio() >= 0.8) for one in mine))
        best_part = max(best_part, min(part / total, back / (sum(made.weight(word) for word in theirs) or 1.0)))
    if best_text >= 0.88 or best_part >= 0.85:
        return "near"
    return "part" if best_part >= 0.25 or best_text >= 0.75 else "none"


def aliases(made, parties):
    """Hold one alias of a party out of the index and ask for it."""
    done = collections.Counter()
    for party in sorted(parties, key=lambda party: rng("alias", party.id).random()):
        group = {"organisation": "alias", "person": "alias-person", "vessel": "alias-vessel"}.get(party.kind)
        strong = [(name, role) for name, role in party.names[1:] if role in ("aka", "fka", "nka")]
        if not group or done[group] >= QUOTA[group] or not strong:
            continue
        random = rng("alias", party.id)
        name, role = random.choice(strong)
        rest = [party.written(other) for other, other_role in party.names if other != name and other_role != "weak"]
        written = party.written(name)
        if not rest or squashed(written) in {squashed(other) for other in [*rest, party.written(party.name)]}:
            continue
        grade = alias_class(made, written, rest)
        query = vary.title(written)
        if made.add(f"{group}-{grade}", party.kind, query, sure_country(party, random), party):
            made.held_out.add((party.id, name))
            done[group] += 1


def plain_name(party):
    """A primary name from which variants can be made: two words or one of six letters, no street in it."""
    name = party.written(party.name)
    parts = core(name)
    long = "".join(parts)
    if len(long) < 6 or len(name) > 70 or "(" in name or not any(len(part) > 3 for part in parts):
        return None
    return name


def variants(made, parties):
    """Perturbed primary names of parties that lose no alias."""
    free = [party for party in parties if party.id not in made.used and plain_name(party)]
    groups = [("organisation", vary.ORGANISATION, "variant"), ("person", vary.PERSON, "person")]
    for kind, makers, quota in groups:
        pool = [party for party in free if party.kind == kind]
        for label, maker in makers.items():
            fill(made, pool, f"{kind}-{label}", QUOTA[quota], maker)
        if kind == "person":
            for label, maker in vary.PARTS_OF_PERSON.items():
                fill(made, pool, f"person-{label}", QUOTA[quota], maker, raw=True)
        rules = vary.LATIN_RULES if kind == "organisation" else vary.LATIN_RULES + vary.ARAB_RULES
        east = [party for party in pool if set(party.countries) & (RUSSIAN | ARAB)]
        fill(made, east, f"{kind}-respelled", QUOTA["script"], lambda name, random, rules=rules: vary.respelled(name, random, rules))
    for kind in ("organisation", "person", "vessel"):
        pool = [party for party in free if party.kind == kind]
        for label in ("typo-6-9", "typo-10-15", "typo-16"):
            def slip(name, random, label=label):
                found = vary.typing(name, random)
                return found[1] if found and found[0] == label else None
            quota = QUOTA["vessel"] if kind == "vessel" else QUOTA["variant" if kind == "organisation" else "person"]
            fill(made, pool, f"{kind}-{label}", quota, slip)
    ships = [party for party in free if party.kind == "vessel"]
    fill(made, ships, "vessel-prefix", QUOTA["vessel"], lambda name, random: f"{random.choice(['M/V', 'MV', 'M/T', 'MT'])} {name.title()}")
    fill(made, ships, "vessel-joined", QUOTA["vessel"], lambda name, random: vary.joined(name, random))


def russian_words(made, name):
    """Every word looks like Russian in Latin letters and is no English word of the lists."""
    rest = " ".join(words(name))
    for pattern, _ in scripts.FORMS:
        rest = re.sub(pattern, " ", rest)
    parts = rest.split()
    return bool(parts) and all(part.isalpha() and len(part) > 2 and not set(part) & set("wqxj") and made.frequency[part] < 12
                               and made.foreign[part] == 0 and "c" not in part.replace("ch", "").replace("shch", "") for part in parts)


def original_scripts(made, parties):
    made.foreign = collections.Counter(word for party in made.parties if party.countries and not set(party.countries) & RUSSIAN
                                       for word in set(core(party.name)))
    free = [party for party in parties if party.id not in made.used and plain_name(party)]

    def pool(kind, countries):
        return [party for party in free if party.kind == kind and set(party.countries) & countries]
    fill(made, [one for one in pool("organisation", RUSSIAN) if russian_words(made, one.name)], "organisation-cyrillic", QUOTA["script"],
         lambda name, _: scripts.cyrillic(name))
    fill(made, pool("person", RUSSIAN), "person-cyrillic", QUOTA["script"], lambda name, _: scripts.cyrillic(name))
    fill(made, pool("person", {"GR", "CY"}), "person-greek", 25, lambda name, _: scripts.greek(name))
    china = {"CN", "HK", "TW", "MO"}
    fill(made, pool("person", china), "person-han", QUOTA["script"], lambda name, _: scripts.han(family_first(name)))
    fill(made, pool("person", china), "person-pinyin-joined", 40, lambda name, _: scripts.pinyin_joined(name))
    for kind in ("organisation", "person"):
        fill(made, pool(kind, china), f"{kind}-pinyin-spaced", 40, lambda name, _: pinyin(name))
    fill(made, pool("person", ARAB), "person-arabic", QUOTA["script"], lambda name, _: scripts.arabic(name))


def family_first(name):
    parts = name.split()
    return " ".join([parts[-1], *parts[:-1]])


def pinyin(name):
    """The Chinese words of a name with a blank after each syllable."""
    parts, changed = [], False
    for part in vary.title(name).split():
        spaced = scripts.pinyin_spaced(part) if part.isalpha() and len(part) >= 6 else None
        parts.append(spaced or part)
        changed = changed or bool(spaced)
    return " ".join(parts) if changed else None


def fill(made, pool, category, quota, maker, raw=False):
    """Up to `quota` queries of one category, from parties in an order that is always the same."""
    count = 0
    for party in sorted(pool, key=lambda party: rng(category, party.id).random()):
        if count >= quota:
            break
        random = rng(category, party.id, "make")
        name = plain_name(party)
        query = maker(party.name if raw else name, random)
        if query and query != name and (words(query) or not query.isascii()):
            count += made.add(category, party.kind, query, sure_country(party, random), party)


def write_csv(path, fields, rows):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def slim(row):
    """A primary row without the remarks that matching does not use: programmes, flag, weak aliases, ship number, nationality."""
    keep = re.findall(r"a\.k\.a\. '[^']+'|Vessel Registration Identification IMO \d+|nationality [A-Z][A-Za-z, ]+?(?=[;.])", row[11])
    fields = [cell.strip() for cell in row[:11]]
    fields[4] = fields[5] = fields[7] = fields[8] = fields[10] = "-0-"
    return [*fields, "; ".join(keep) + "." if keep else "-0-"]


def ofac_line(row, quoted):
    return ",".join('"' + cell.replace('"', '""') + '"' if at in quoted and cell.strip() != "-0-" else ("-0- " if cell.strip() == "-0-" else cell)
                    for at, cell in enumerate(row)) + "\r\n"


def write_index(folder, made, parties, compact):
    """The list that the queries are asked of, in OFAC's own form, without the aliases that are held out."""
    os.makedirs(folder, exist_ok=True)
    for list_id, names in (("US-SDN", ("sdn.csv", "alt.csv", "add.csv")), ("US-CONS", ("cons_prim.csv", "cons_alt.csv", "cons_add.csv"))):
        mine = [party for party in parties if party.list == list_id]
        if not mine:
            continue
        with open(os.path.join(folder, names[0]), "w", encoding="ascii", errors="replace", newline="") as main, \
             open(os.path.join(folder, names[1]), "w", encoding="ascii", errors="replace", newline="") as alts, \
             open(os.path.join(folder, names[2]), "w", encoding="ascii", errors="replace", newline="") as adds:
            for party in sorted(mine, key=lambda party: int(party.entry)):
                main.write(ofac_line(slim(party.rows["main"]) if compact else party.rows["main"], {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}))
                for row in party.rows["alt"]:
                    if (party.id, row[3].strip()) not in made.held_out:
                        alts.write(ofac_line(row, {2, 3, 4}))
                seen = set()
                for row in party.rows["add"]:
                    if compact:
                        row = [row[0], row[1], "-0-", "-0-", row[4], "-0-"]
                        if row[4] in seen:
                            continue
                        seen.add(row[4])
                    adds.write(ofac_line(row, {2, 3, 4, 5}))


def distractors(made, parties, count):
    """Parties that nobody asks for: a list is mostly others."""
    others = [party for party in parties if party.id not in made.used]
    return sorted(others, key=lambda party: rng("distractor", party.id).random())[:count]


def build(sdn, cons, organisations, look_alikes):
    made = Set(sdn + cons)
    aliases(made, sdn)
    variants(made, sdn)
    original_scripts(made, sdn)
    negatives.near_misses(made, sdn, QUOTA["near"])
    negatives.vendors(made, organisations, look_alikes)
    return made
