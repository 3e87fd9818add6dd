"""Reads OFAC legacy files and the Denied Persons List from a folder of snapshots that the user gives."""
import csv
import dataclasses
import gzip
import io
import os
import re

COUNTRIES = {
    "Russia": "RU", "Mexico": "MX", "Iran": "IR", "China": "CN", "United Arab Emirates": "AE", "Colombia": "CO",
    "Syria": "SY", "Lebanon": "LB", "Turkey": "TR", "Pakistan": "PK", "Ukraine": "UA", "Belarus": "BY",
    "Korea, North": "KP", "Democratic People's Republic of Korea": "KP", "Venezuela": "VE", "Burma": "MM",
    "United Kingdom": "GB", "Iraq": "IQ", "Germany": "DE", "Afghanistan": "AF", "Yemen": "YE", "Cyprus": "CY",
    "Panama": "PA", "Thailand": "TH", "United States": "US", "India": "IN", "Singapore": "SG", "Peru": "PE",
    "Bulgaria": "BG", "Hong Kong": "HK", "Switzerland": "CH", "Somalia": "SO", "Italy": "IT", "Cambodia": "KH",
    "South Africa": "ZA", "Marshall Islands": "MH", "Guatemala": "GT", "Nicaragua": "NI", "Malta": "MT", "Cuba": "CU",
    "Bosnia and Herzegovina": "BA", "Netherlands": "NL", "Spain": "ES", "Honduras": "HN", "Serbia": "RS",
    "Canada": "CA", "France": "FR", "Kuwait": "KW", "Belgium": "BE", "Sudan": "SD", "Taiwan": "TW", "Greece": "GR",
    "Saudi Arabia": "SA", "Malaysia": "MY", "Libya": "LY", "Indonesia": "ID", "Japan": "JP", "Finland": "FI",
    "Kazakhstan": "KZ", "Kyrgyzstan": "KG", "Uzbekistan": "UZ", "Estonia": "EE", "Latvia": "LV", "Austria": "AT",
    "Congo, Democratic Republic of the": "CD", "Cote d Ivoire": "CI", "Liberia": "LR", "Egypt": "EG", "Oman": "OM",
}
TYPES = {"": "organisation", "individual": "person", "vessel": "vessel", "aircraft": "aircraft"}


@dataclasses.dataclass
class Party:
    """An entry: names are (text, role), role one of primary, aka, fka, weak; persons stand family name first."""
    list: str
    entry: str
    kind: str
    names: list
    countries: list
    rows: dict = dataclasses.field(default_factory=dict)

    @property
    def id(self):
        return f"{self.list}:{self.entry}"

    @property
    def name(self):
        return self.names[0][0]

    def written(self, name):
        """A name of this party as one writes it: persons stand on the list as `FAMILY, Given`."""
        return given_first(name) if self.kind == "person" else name


def null(text):
    text = text.strip()
    return "" if text == "-0-" else text


def rows_of(path):
    """Rows of an OFAC file, plain or gzipped, without a header row and without the end mark."""
    if not os.path.exists(path):
        path += ".gz"
    if not os.path.exists(path):
        return []
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="latin-1", newline="") as file:
        text = file.read().replace("\x1a", "")
    return [row for row in csv.reader(io.StringIO(text)) if row and row[0].strip().isdigit()]


def weak_names(remarks):
    return re.findall(r"a\.k\.a\. '([^']+)'", remarks)


def read_set(main, alts, adds, list_id):
    """One OFAC list: primary file, alternates and addresses may come from later snapshots (entry numbers last)."""
    parties = {}
    for row in rows_of(main):
        flag = COUNTRIES.get(null(row[9]), "")
        kind = TYPES.get(null(row[2]).lower(), "organisation")
        party = Party(list_id, row[0].strip(), kind, [(null(row[1]), "primary")], [flag] if flag else [], {"main": row, "alt": [], "add": []})
        party.names += [(name, "weak") for name in weak_names(row[11])]
        nation = re.search(r"(?:nationality|citizen) ([A-Z][A-Za-z, ]+?)[;.]", row[11])
        if nation and nation.group(1) in COUNTRIES:
            party.countries.append(COUNTRIES[nation.group(1)])
        parties[party.entry] = party
    for row in rows_of(alts):
        if row[0] in parties:
            parties[row[0]].names.append((null(row[3]), null(row[2])))
            parties[row[0]].rows["alt"].append(row)
    for row in rows_of(adds):
        if row[0] in parties:
            parties[row[0]].rows["add"].append(row)
            code = COUNTRIES.get(null(row[4]), "")
            if code and code not in parties[row[0]].countries:
                parties[row[0]].countries.append(code)
    return [party for party in parties.values() if party.name]


def read_denied(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        table = list(csv.reader(file, delimiter="\t"))
    parties = []
    for number, row in enumerate(table[1:], 1):
        if row and row[0].strip():
            code = row[4].strip() if len(row) > 4 and len(row[4].strip()) == 2 else ""
            parties.append(Party("US-DPL", str(number), "unknown", [(row[0].strip(), "primary")], [code] if code else []))
    return parties


def read_corpus(folder):
    """All parties of the newest usable snapshots below `folder`."""
    def at(*parts):
        return os.path.join(folder, *parts)
    sdn = read_set(at("ofac-sdn-2024-06", "sdn.csv"), at("ofac-sdn-2025-12", "alt.csv"), at("ofac-sdn-2024-06", "add.csv"), "US-SDN")
    cons = read_set(at("ofac-consolidated-2025-12", "cons_prim.csv"), at("ofac-consolidated-2025-12", "cons_alt.csv"),
                    at("ofac-consolidated-2025-12", "cons_add.csv"), "US-CONS")
    return sdn, cons, read_denied(at("bis-dpl-2022-09", "dpl.txt"))


FORMS = {
    "llc": ["llc", "ooo", "l l c", "limited liability company", "obshchestvo s ogranichennoi otvetstvennostyu",
            "obschestvo s ogranichennoi otvetstvennostyu", "ooo"],
    "jsc": ["jsc", "ao", "joint stock company", "aktsionernoe obshchestvo", "joint-stock company"],
    "pjsc": ["pjsc", "pao", "public joint stock company", "publichnoe aktsionernoe obshchestvo"],
    "ojsc": ["ojsc", "oao", "open joint stock company", "otkrytoe aktsionernoe obshchestvo"],
    "cjsc": ["cjsc", "zao", "closed joint stock company", "zakrytoe aktsionernoe obshchestvo"],
    "ltd": ["ltd", "limited", "co ltd", "co limited", "company limited", "pte ltd", "pvt ltd", "private limited", "sdn bhd"],
    "inc": ["inc", "incorporated", "corp", "corporation"],
    "sa": ["s a", "sa", "s a de c v", "sa de cv", "s de r l de c v", "e u", "s a s", "sas", "c a", "cia ltda", "ltda", "s en c",
           "y cia", "s r l", "srl", "c v"],
    "gmbh": ["gmbh", "ag", "kg", "bv", "b v", "nv", "n v", "sarl", "s a r l", "sal", "s a l", "fze", "fzc", "fzco", "fz llc",
             "dmcc", "kft", "doo", "d o o", "dd", "ad", "ood", "eood", "plc", "lp", "llp", "pjs", "pvt", "pte"],
    "co": ["co", "company", "p j s"],
}
PHRASES = sorted({tuple(phrase.replace("-", " ").split()) for group in FORMS.values() for phrase in group}, key=lambda phrase: (-len(phrase), phrase))
STOP = {"of", "the", "for", "and", "de", "la", "el", "i", "po", "del", "los", "las", "y", "a", "in", "s", "imeni", "im", "al", "e"}


def words(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace("'", "").replace("&", " and ")).split()


def core(text):
    """Words without legal forms; the same words where nothing would be left."""
    left, before = words(text), None
    while left != before:
        before = left
        for phrase in PHRASES:
            size = len(phrase)
            if tuple(left[:size]) == phrase and len(left) > size:
                left = left[size:]
            if tuple(left[-size:]) == phrase and len(left) > size:
                left = left[:-size]
    return left or words(text)


def given_first(text):
    """`FAMILY, Given` as one writes it."""
    family, comma, given = text.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else text
