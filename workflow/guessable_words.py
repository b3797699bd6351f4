"""Words that a colleague would try first as somebody's password: of the person and of the city."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

import jaconv

#: The program's own names, however they are written.
PRODUCT = ("hyoka", "hyouka", "評価", "ひょうか", "ヒョウカ", "gyosei", "gyousei")

#: Labels of host names that say nothing of a city.
_GENERIC = frozenset(
    {
        *("www", "mail", "smtp", "city", "town", "vill", "pref", "example", "test", "invalid"),
        *("lg", "jp", "co", "or", "ne", "go", "ac", "com", "net", "org", "gov"),
        *("localhost", "local", "localdomain", "lan", "intra", "internal"),
    }
)
#: Shorter Latin parts, and single characters, are in every other word.
_SHORTEST_LATIN, _SHORTEST_KANA, _SHORTEST_OTHER = 3, 3, 2
_KANA = re.compile("[ぁ-ゖァ-ヶー]+")
#: The ways in which people write the sounds of jaconv's Hepburn.
_OTHER_SPELLINGS = (
    (("ou", "o"), ("oo", "o"), ("uu", "u")),
    (("ou", "oh"), ("oo", "oh")),
    (("nb", "mb"), ("nm", "mm"), ("np", "mp")),
    (("sh", "sy"), ("syi", "si"), ("ch", "ty"), ("tyi", "ti"), ("tsu", "tu"), ("ji", "zi")),
)


def parts(*texts: str) -> list[str]:
    """The words of texts, folded, without those too short to mean anybody."""
    found: dict[str, None] = {}
    for text in texts:
        folded = normalize("NFKC", text).casefold()
        whole = re.sub(r"\s+", "", folded)
        for word in (whole, *re.split(r"[\W\d_]+", folded)):
            if len(word) >= _shortest(word):
                found[word] = None
    return list(found)


def _shortest(word: str) -> int:
    if word.isascii():
        return _SHORTEST_LATIN
    return _SHORTEST_KANA if _KANA.fullmatch(word) else _SHORTEST_OTHER


def romaji(kana: str) -> list[str]:
    """A name in kana as people write it in Latin letters, in the usual ways."""
    words = [*kana.split(), re.sub(r"\s+", "", kana)]
    plain = [jaconv.kana2alphabet(jaconv.kata2hira(normalize("NFKC", word))) for word in words]
    found = dict.fromkeys(plain)
    for spelling in _OTHER_SPELLINGS:
        for word in list(found):
            changed = word
            for sound, other in spelling:
                changed = changed.replace(sound, other)
            found[changed] = None
    return list(found)


def of_person(*, name: str, kana: str, sign_in_name: str, email: str) -> list[str]:
    """Parts of a name: as written, in kana, in Latin letters, and what signs in or gets mail."""
    hiragana = jaconv.kata2hira(normalize("NFKC", kana))
    written = (name, hiragana, jaconv.hira2kata(hiragana), *romaji(kana))
    return parts(*written, sign_in_name, email.partition("@")[0])


def of_city(name: str, hosts: Iterable[str]) -> list[str]:
    """Words of a municipality and of the program.

    Args:
        name: such as 青瀬市.
        hosts: host names of the installation and of its mail; the city's name in Latin letters is
            known from them alone.
    """
    labels = [label for host in hosts for label in re.split(r"[.\-]", host.casefold())]
    city = (name, re.sub("[市区町村]$", "", name))
    return parts(*city, *(label for label in labels if label not in _GENERIC), *PRODUCT)
