"""Characters that a reader cannot see, or that look otherwise on another machine. Pure.

The one rule for everything that is typed or handed in. Two degrees:

- **a mistake**: controls but tab and line feed, noncharacters, halves of a surrogate pair, and the
  marks that turn the reading order round, with which a text reads otherwise than it is stored.
  Nobody means them, so whatever holds one is refused.
- **odd**: what somebody may have meant but whose reader must be told. Private use (外字 are drawn
  by the machine's own font), code points without a character, marks of direction, invisible ones,
  the sign that a conversion leaves. They are named with their place and kept.

Not odd, because they belong to what they follow: variation selectors after an ideograph (names of
persons and places need them: 葛 and 葛󠄀) or after a symbol, ZERO WIDTH JOINER between emoji and
in scripts that join, tags in flags. Tab, line feed, no-break and ideographic spaces are no marvel.
Source: Unicode 14, general categories, Default_Ignorable_Code_Point, UAX 9, UTS 37, UTS 51.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is odd about a character; the shells put it in words."""

    CONTROL = "control"
    SURROGATE = "surrogate"
    NONCHARACTER = "noncharacter"
    #: Turns the reading order round.
    OVERRIDE = "override"
    #: 外字.
    PRIVATE_USE = "private_use"
    UNASSIGNED = "unassigned"
    #: Hints at the reading order.
    DIRECTION = "direction"
    INVISIBLE = "invisible"
    #: Stands where a conversion lost a character.
    REPLACEMENT = "replacement"


MISTAKES = frozenset({Kind.CONTROL, Kind.SURROGATE, Kind.NONCHARACTER, Kind.OVERRIDE})


@dataclass(frozen=True)
class Odd:
    """One such character and its place; line and column are counted from 1."""

    kind: Kind
    line: int
    column: int
    character: str

    @property
    def code_point(self) -> str:
        """As in U+200B."""
        return f"U+{ord(self.character):04X}"

    @property
    def name(self) -> str:
        """The name that Unicode gives it; empty where it has none."""
        return unicodedata.name(self.character, "")

    @property
    def is_mistake(self) -> bool:
        """Whether a text with it is refused."""
        return self.kind in MISTAKES


_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DIRECTIONS = frozenset("\u200e\u200f\u061c")
_REPLACEMENTS = frozenset("\ufffc\ufffd")
#: Invisible or blank without being of the category Cf.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")
_JOINER = "\u200d"
_VIRAMA = 9
_BLACK_FLAG = "\U0001f3f4"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def odd_characters(text: str) -> Iterator[Odd]:
    """Everything odd in a text, mistakes included, in its order."""
    if text.isascii() and text.isprintable():
        return
    line, begin = 1, 0
    for place, character in enumerate(text):
        if character == "\n":
            line, begin = line + 1, place + 1
            continue
        kind = _kind(text, place)
        if kind is not None:
            yield Odd(kind, line, place - begin + 1, character)


def first_mistake(text: str) -> Odd | None:
    """The first character for which a text is refused; None where there is none."""
    return next((odd for odd in odd_characters(text) if odd.is_mistake), None)


def _kind(text: str, place: int) -> Kind | None:
    character = text[place]
    category = unicodedata.category(character)
    if category[0] not in "CMLSZ" or character == "\t":
        return None
    if category == "Cc":
        return Kind.CONTROL
    if category == "Cs":
        return Kind.SURROGATE
    if category == "Co":
        return Kind.PRIVATE_USE
    if category == "Cn":
        point = ord(character)
        is_none = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
        return Kind.NONCHARACTER if is_none else Kind.UNASSIGNED
    if character in _OVERRIDES:
        return Kind.OVERRIDE
    if character in _DIRECTIONS:
        return Kind.DIRECTION
    if character in _REPLACEMENTS:
        return Kind.REPLACEMENT
    if _is_variation(character) or category == "Cf" or character in _BLANK:
        return None if _belongs(text, place) else Kind.INVISIBLE
    return None


def _is_variation(character: str) -> bool:
    point = ord(character)
    return 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF or 0x180B <= point <= 0x180F


def _belongs(text: str, place: int) -> bool:
    """Whether an invisible character belongs to what it follows, or precedes."""
    character, before = text[place], text[place - 1 : place]
    if not before:
        # Signs of the scripts that put a number or a verse under a mark are seen.
        return unicodedata.bidirectional(character) == "AN"
    if ord(character) >= 0xE0100:
        return _is_ideograph(before)
    if _is_variation(character):
        return _is_ideograph(before) or unicodedata.category(before)[0] in "SNP"
    if character in _JOINERS:
        joins = unicodedata.bidirectional(before) == "AL" or (
            unicodedata.combining(before) == _VIRAMA
        )
        return joins or (character == _JOINER and _joins_emoji(text, place))
    if 0xE0020 <= ord(character) <= 0xE007F:
        return text[:place].rstrip("".join(map(chr, range(0xE0020, 0xE0080))))[-1:] == _BLACK_FLAG
    return unicodedata.bidirectional(character) == "AN"


def _is_ideograph(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK ")


def _joins_emoji(text: str, place: int) -> bool:
    before = text[:place].rstrip("\ufe0f")[-1:]
    after = text[place + 1 : place + 2]
    return all(
        side and (unicodedata.category(side) == "So" or ord(side) in _SKIN_TONES)
        for side in (before, after)
    )
