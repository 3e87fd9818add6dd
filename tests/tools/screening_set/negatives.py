"""Queries that mean no listed party, however near they come."""
import csv
import re

from . import vary
from .lists import STOP, core, words

FAR = ["Rostock", "Valencia", "Osaka", "Tampere", "Cordoba", "Adelaide", "Bergen", "Ghent", "Krakow", "Nagoya", "Toulouse", "Winnipeg",
       "Zagreb", "Leipzig", "Porto", "Aarhus", "Graz", "Cork", "Malaga", "Sapporo"]
OTHER = ["Meridian", "Juniper", "Larkspur", "Bluefield", "Copperline", "Westbrook", "Halcyon", "Ironwood", "Stonebridge", "Redfern",
         "Northgate", "Silverton", "Evergreen", "Fairmont", "Harborview", "Kestrel", "Lindqvist", "Maplewood", "Oakhurst", "Pinecrest",
         "Quillan", "Rosewood", "Sandhurst", "Thornbury", "Underhill", "Vandermeer", "Whitfield", "Yarrow", "Zellweger", "Ashcombe"]
VENDOR = ["GmbH", "Software", "Labs", "Technologies Inc.", "Systems", "Ltd", "Networks", "Studio", "Consulting", "Digital"]
WEST = ["DE", "US", "FR", "GB", "NL", "SE", "JP", "CA"]
PLACES = set("""moscow minsk tehran petersburg khabarovsk ural urals siberia siberian crimea kerch tula kazan perm omsk novosibirsk
 samara saratov damascus aleppo beirut baghdad kabul karachi havana caracas pyongyang beijing shanghai shenzhen guangzhou dalian tianjin
 wuhan hong kong dubai sharjah istanbul cali medellin bogota tijuana guadalajara culiacan sinaloa kiev donetsk lugansk sevastopol
 simferopol iran iranian russia russian syria syrian cuba korea korean iraq iraqi yemen lebanon libya libyan belarus belarusian china
 chinese isfahan shiraz tabriz mashhad qom kerman khuzestan persian gulf arab nizhny novgorod rostov volgograd voronezh krasnoyarsk
 irkutsk vladivostok murmansk arkhangelsk chelyabinsk yekaterinburg izhevsk ryazan smolensk bryansk kursk""".split())
NAMED = ["Thomas", "Anna", "Peter", "Julia", "Martin", "Laura", "Daniel", "Elena", "Robert", "Sofia", "Lukas", "Marie", "Felix", "Clara"]


def shelf(made, parties, kind):
    from .build import rng
    pool = [party for party in parties if party.kind == kind and 8 <= len(party.name) <= 70 and "(" not in party.name]
    return sorted(pool, key=lambda party: rng("near", party.id).random())


def free_of_lists(made, query):
    return "".join(sorted(core(query))) not in made.owners


def take(made, pool, category, kind, quota, maker):
    """Up to `quota` queries near parties of the pool; a name that is itself listed is left out."""
    from .build import rng
    count = 0
    for party in pool:
        if count >= quota:
            return
        random = rng(category, party.id)
        query = maker(party, random)
        if query and free_of_lists(made, query):
            # the acronym of a party in the party's own country may well be the party
            home = party.countries and category != "near-acronym-vendor" and random.random() < 0.5
            country = party.countries[0] if home else random.choice([code for code in [*WEST, ""] if code not in party.countries])
            count += made.add(category, kind, query, country, None, positive=False, near=party)


def other_number(party, random):
    found = re.search(r"\b\d{1,4}\b", party.name)
    if not found:
        return None
    number = int(found.group()) + random.choice([1, 2, 7, 40, 300])
    return vary.title(party.name[:found.start()] + str(number) + party.name[found.end():])


def sibling(made):
    """Everything but the rarest word stays."""
    def maker(party, random):
        parts = party.name.split()
        mine = [at for at, part in enumerate(parts) if words(part) and words(part)[0] not in vary.GENERIC | STOP and len(part) > 3]
        rest = [part for part in core(party.name) if part not in STOP]
        if len(mine) < 1 or len(rest) < 2:
            return None
        at = min(mine, key=lambda at: made.frequency[words(parts[at])[0]])
        if made.frequency[words(parts[at])[0]] > 20:
            return None
        return vary.title(" ".join([*parts[:at], random.choice(OTHER).upper(), *parts[at + 1:]]))
    return maker


def all_but_generic(made):
    """Two distinguishing words change, the generic ones stay."""
    def maker(party, random):
        parts = party.name.split()
        generic = [part for part in parts if words(part) and words(part)[0] in vary.GENERIC | STOP]
        if len(generic) < 2 or len(generic) == len(parts):
            return None
        first, second = random.sample(OTHER, 2)
        return vary.title(f"{first} {second} {' '.join(generic)}".upper())
    return maker


def elsewhere(party, random):
    parts = party.name.split()
    at = [at for at, part in enumerate(parts) if words(part) and words(part)[0] in PLACES]
    if not at or len(core(party.name)) < 3:
        return None
    parts[random.choice(at)] = random.choice(FAR).upper()
    return vary.title(" ".join(parts))


def ship_vendor(made):
    """One word of a ship's name, as a company."""
    def maker(party, random):
        parts = words(party.name)
        if len(parts) > 2 or not all(part.isalpha() for part in parts) or not any(len(part) > 3 for part in parts):
            return None
        return f"{' '.join(parts).title()} {random.choice(VENDOR)}" if random.random() < 0.7 else " ".join(parts).title()
    return maker


def acronym_vendor(party, random):
    weak = [name for name, role in party.names if role == "weak" and re.fullmatch(r"[A-Z]{3,5}", name)]
    if not weak:
        return None
    return f"{weak[0]} {random.choice(VENDOR)}" if random.random() < 0.5 else weak[0]


def near_misses(made, parties, quota):
    organisations, ships = shelf(made, parties, "organisation"), shelf(made, parties, "vessel")
    short_ships = [party for party in parties if party.kind == "vessel" and len(party.name) <= 16]
    from .build import rng
    short_ships.sort(key=lambda party: rng("ship", party.id).random())
    take(made, organisations, "near-number", "organisation", quota, other_number)
    take(made, ships, "near-number-vessel", "vessel", quota // 2, other_number)
    take(made, organisations, "near-sibling", "organisation", quota * 2, sibling(made))
    take(made, organisations, "near-generic", "organisation", quota, all_but_generic(made))
    take(made, organisations, "near-place", "organisation", quota, elsewhere)
    take(made, short_ships, "near-ship-vendor", "organisation", quota * 2, ship_vendor(made))
    take(made, [party for party in parties if party.kind == "organisation"], "near-acronym-vendor", "organisation", quota, acronym_vendor)


def family_names(made, parties, quota):
    """Persons who share a listed family name. Made at run time only."""
    def maker(party, random):
        family = party.name.split(",")[0]
        return f"{random.choice(NAMED)} {family.title()}" if "," in party.name and len(family) > 3 else None
    take(made, shelf(made, parties, "person"), "near-family-name", "person", quota, maker)


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def vendors(made, organisations, look_alikes):
    """Well-known organisations that are on no list, and look-alikes chosen by hand."""
    for row in organisations:
        name = re.sub(r"\s*\(.*\)$", "", row["name"]).strip()
        if row["list_status"].strip().lower() == "not listed" and row["kind"] not in ("person", "maintainer", "individual"):
            made.add("vendor-known", "organisation", name, row["country_iso2"] if len(row["country_iso2"]) == 2 else "", None, positive=False)
    listed = {party.id: party for party in made.parties}
    for row in look_alikes:
        resembled = listed.get(f"{row['list']}:{row['entry']}")
        if resembled:
            made.used[resembled.id] = resembled
        made.add("vendor-look-alike", "organisation", row["name"], row["country"], None, positive=False)
