"""A large list for measuring speed: parties of the labelled set, then as many more as are wanted, with other words."""
import os
import random
import re

from . import vary
from .lists import read_set

FIELDS = ["list", "name", "aliases", "country", "listed", "entry", "kind"]


def parties_of(folder):
    parties = read_set(*(os.path.join(folder, name) for name in ("sdn.csv", "alt.csv", "add.csv")), "US-SDN")
    return parties + read_set(*(os.path.join(folder, name) for name in ("cons_prim.csv", "cons_alt.csv", "cons_add.csv")), "US-CONS")


def plain(text):
    """Without what the format of the list reads as a separator or as another name."""
    return re.sub(r"\s+", " ", re.sub(r"[;()\[\]\"]", " ", text)).strip()


def altered(name, dice, words):
    """Two words in five are words of other names, three in ten of the rest have a slip."""
    parts = []
    for part in name.split():
        if part.isalpha() and len(part) > 3:
            if dice.random() < 0.4:
                part = dice.choice(words)
            elif dice.random() < 0.3:
                part = vary.edit(part.lower(), dice).upper()
        parts.append(part)
    return " ".join(parts)


def rows(folder, count):
    parties = parties_of(folder)
    words = sorted({word for party in parties for name, _ in party.names for word in name.upper().split() if word.isalpha() and len(word) > 3})
    for at in range(count):
        party, turn = parties[at % len(parties)], at // len(parties)
        dice = random.Random(f"{party.id} {turn}")
        names = [plain(party.written(name)) for name, _ in party.names]
        if turn:
            names = [altered(name, dice, words) for name in names]
        yield {"list": "XX-LARGE", "name": names[0], "aliases": "; ".join(names[1:]), "country": "; ".join(party.countries), "listed": "2024-06-01",
               "entry": str(at + 1), "kind": party.kind}
