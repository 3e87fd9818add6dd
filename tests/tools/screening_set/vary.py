"""Other ways to write a name: typing errors, order, legal forms, abbreviations, spelling of another script."""
import re

from .lists import STOP, core, words

KEYS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
        "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
        "w": "qe", "x": "zc", "y": "tu", "z": "x"}
SHORT = {"international": "Intl", "corporation": "Corp", "company": "Co", "technology": "Tech", "technologies": "Tech",
         "manufacturing": "Mfg", "industries": "Ind", "industrial": "Indl", "engineering": "Eng", "institute": "Inst",
         "research": "Res", "development": "Dev", "scientific": "Sci", "department": "Dept", "university": "Univ",
         "association": "Assoc", "government": "Govt", "national": "Natl", "management": "Mgmt", "services": "Svcs",
         "production": "Prod", "laboratory": "Lab", "electronics": "Elec", "transportation": "Transp", "brothers": "Bros",
         "trading": "Trdg", "shipping": "Shpg", "limited": "Ltd", "general": "Gen", "investment": "Inv"}
GENERIC = set(SHORT) | {"group", "holding", "trade", "center", "centre", "factory", "works", "bank", "enterprise", "general",
                        "agency", "organization", "foundation", "joint", "stock", "plant", "concern"}
RUSSIAN_FORMS = [
    (r"\b(?:limited liability company|obshchestvo s ogranichennoi otvetstvennostyu|ooo|llc)\b", ["OOO", "LLC", "Limited Liability Company"]),
    (r"\b(?:public joint stock company|publichnoe aktsionernoe obshchestvo|pao|pjsc)\b", ["PAO", "PJSC", "Public Joint Stock Company"]),
    (r"\b(?:open joint stock company|otkrytoe aktsionernoe obshchestvo|oao|ojsc)\b", ["OAO", "OJSC", "Open Joint Stock Company"]),
    (r"\b(?:closed joint stock company|zakrytoe aktsionernoe obshchestvo|zao|cjsc)\b", ["ZAO", "CJSC", "Closed Joint Stock Company"]),
    (r"\b(?:joint stock company|aktsionernoe obshchestvo|ao|jsc)\b", ["AO", "JSC", "Joint Stock Company"]),
]
LATIN_RULES = [("iy", ["y", "ii", "ij", "i"]), ("yy", ["y", "yi"]), ("shch", ["sch", "shh"]), ("kh", ["h", "x"]), ("ts", ["c", "tz"]),
               ("zh", ["j"]), ("yu", ["iu", "ju"]), ("ya", ["ia", "ja"]), ("ks", ["x"]), ("ey", ["ei"]), ("ye", ["e"]),
               ("ii", ["iy", "y"]), ("yo", ["e", "io"]), ("sky", ["skiy", "skii", "ski"]), ("ov", ["off"]), ("ie", ["iye"])]
ARAB_RULES = [("mohammad", ["muhammad", "mohamed", "mohammed"]), ("muhammad", ["mohammed", "mohamad"]), ("hussein", ["husayn", "hossein"]),
              ("husayn", ["hussein"]), ("ahmad", ["ahmed"]), ("al ", ["el "]), ("abd al ", ["abdul "]), ("abdul ", ["abd al "]),
              ("oo", ["u"]), ("ee", ["i"]), ("ou", ["u"]), ("kh", ["h"]), ("q", ["k"]), ("ay", ["ai"]), ("aw", ["au"]), ("dh", ["d"])]


SMALL = {"of", "and", "for", "the", "de", "la", "del", "y", "i", "po", "en", "in"}
CAPITAL = {"co": "Co", "ltd": "Ltd", "inc": "Inc", "al": "Al"}


def title(text):
    """As companies write themselves: short words and words with digits stay, long capitals become Title."""
    def one(found):
        word = found.group()
        low = word.lower()
        if not word.isupper():
            return word
        if low in SMALL and found.start():
            return low
        return CAPITAL.get(low) or (word.capitalize() if len(word) > 3 else word)
    return re.sub(r"[A-Za-z]+(?:'[A-Za-z]+)?", one, text)


def edit(word, random):
    at = random.randrange(1, len(word) - 1)
    kind = random.choice("dist")
    if kind == "d":
        return word[:at] + word[at + 1:]
    if kind == "i":
        return word[:at] + random.choice(KEYS.get(word[at], "e")) + word[at:]
    if kind == "s":
        return word[:at] + random.choice(KEYS.get(word[at], "e")) + word[at + 1:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2:] if word[at] != word[at + 1] else word[:at] + word[at + 1:]


def mistyped(name, random, edits):
    """`edits` slips in the words that tell names apart, in letters after the first; two in one word only when it is long."""
    parts = name.lower().split()
    chosen = set(core(name))
    for _ in range(edits):
        long = [at for at, part in enumerate(parts) if len(part) >= 5 and part.isalpha() and part in chosen and part not in GENERIC]
        if not long:
            break
        at = random.choice(long)
        chosen.discard(parts[at])
        parts[at] = edit(parts[at], random)
        if len(parts[at]) >= 10:
            chosen.add(parts[at])
    if parts == name.lower().split():
        return None
    return title(" ".join(parts).upper())


def typing(name, random):
    size = len("".join(core(name)))
    if size < 6:
        return None
    if size <= 9:
        return "typo-6-9", mistyped(name, random, 1)
    if size <= 15:
        return "typo-10-15", mistyped(name, random, 1)
    return "typo-16", mistyped(name, random, 2)


def reordered(name, random):
    parts = core(name)
    if len(parts) < 2:
        return None
    turned = parts[1:] + parts[:1] if len(parts) == 2 else random.sample(parts, len(parts))
    return title(" ".join(turned).upper()) if turned != parts else None


def form_dropped(name, _):
    plain = core(name)
    return title(" ".join(plain).upper()) if plain != words(name) else None


def form_added(name, random):
    if core(name) != words(name):
        return None
    return f"{title(name)} {random.choice(['LLC', 'Co., Ltd.', 'Inc.', 'S.A.', 'GmbH'])}"


def form_translated(name, random):
    low = " ".join(words(name))
    for pattern, forms in RUSSIAN_FORMS:
        found = re.search(pattern, low)
        if found:
            other = [form for form in forms if form.lower() != found.group()]
            rest = title((low[:found.start()] + low[found.end():]).strip().upper())
            form = random.choice(other)
            return f"{form} {rest}" if random.random() < 0.5 else f"{rest} {form}"
    return None


def joined(name, random):
    parts = title(name).split()
    pairs = [at for at in range(len(parts) - 1) if set(words(parts[at]) + words(parts[at + 1])) <= set(core(name))
             and min(len(parts[at]), len(parts[at + 1])) > 2]
    if not pairs:
        return None
    at = random.choice(pairs)
    return " ".join([*parts[:at], parts[at] + parts[at + 1].lower(), *parts[at + 2:]])


def split(name, random):
    parts = title(name).split()
    long = [at for at, part in enumerate(parts) if len(part) >= 8 and part.isalpha() and part.lower() in core(name)]
    if not long:
        return None
    at = random.choice(long)
    cut = len(parts[at]) // 2 + random.randrange(-1, 2)
    return " ".join([*parts[:at], parts[at][:cut], parts[at][cut:].capitalize(), *parts[at + 1:]])


def abbreviated(name, _):
    told = core(name)
    short = re.sub(r"[A-Za-z]+", lambda found: SHORT.get(found.group().lower(), found.group()) if found.group().lower() in told else found.group(), title(name))
    return short if short != title(name) else None


def punctuated(name, random):
    text = title(name)
    other = [text.replace("-", " "), text.replace(" ", "-", 1), text.replace(",", "").replace(".", ""), text.replace(" & ", " and "),
             text.replace(" AND ", " & ").replace(" and ", " & "), f'"{text}"', text.replace(" ", ".", 1)]
    other = [one for one in other if one != text]
    return random.choice(other) if other else None


def cased(name, random):
    return random.choice([name.lower(), name.title().swapcase(), name.title()])


def stop_dropped(name, _):
    told = core(name)
    parts = [part for part in title(name).split() if part.lower() not in STOP or part.lower() not in told]
    return " ".join(parts) if len(parts) >= 2 and len(parts) < len(name.split()) else None


def doubled(name, random):
    text = title(name)
    single = re.sub(r"([a-z])\1", r"\1", text)
    if single != text:
        return single
    places = [found.start() for found in re.finditer(r"(?<=[a-z])[lmnprst](?=[a-z])", text)]
    if not places:
        return None
    at = random.choice(places)
    return text[:at] + text[at] + text[at:]


def generic_missing(name, random):
    parts = title(name).split()
    loose = [at for at, part in enumerate(parts) if part.lower() in GENERIC and part.lower() in core(name)]
    kept = [part for part in core(name) if part not in GENERIC and part not in STOP and len(part) > 3]
    if not loose or len(kept) < 2:
        return None
    at = random.choice(loose)
    return " ".join(parts[:at] + parts[at + 1:])


def respelled(name, random, rules):
    """Another spelling of the same original: one or two rules of a scheme, everywhere in the name."""
    low = " ".join(name.lower().split())
    fitting = [rule for rule in rules if rule[0] in low]
    if not fitting:
        return None
    for source, targets in random.sample(fitting, min(2, len(fitting))):
        low = low.replace(source, random.choice(targets))
    low = re.sub(r"\s+", " ", low).strip()
    return " ".join(part.capitalize() for part in low.split()) if low != " ".join(name.lower().split()) else None


def halves(name):
    family, _, given = name.partition(",")
    return family.strip(), given.split()


def with_initials(name, _):
    family, given = halves(name)
    return " ".join([part[0] + "." for part in given] + [family.title()]) if given and len(family) > 3 else None


def middle_dropped(name, _):
    family, given = halves(name)
    return f"{given[0]} {family.title()}" if len(given) > 1 and len(given[0]) > 2 else None


def family_before(name, _):
    family, given = halves(name)
    return f"{family.title()} {' '.join(given)}" if given else None


ORGANISATION = {"order": reordered, "form-dropped": form_dropped, "form-added": form_added, "form-translated": form_translated,
                "joined": joined, "split": split, "abbreviated": abbreviated, "punctuation": punctuated, "case": cased,
                "stop-word": stop_dropped, "doubled": doubled, "generic-missing": generic_missing}
PERSON = {"doubled": doubled, "case": cased}
PARTS_OF_PERSON = {"initials": with_initials, "middle-dropped": middle_dropped, "family-first": family_before}
