"""What a reader cannot see, by kind and place; what belongs to a text is let be."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from workflow.characters import MISTAKES, Kind, first_mistake, odd_characters


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("\x00", Kind.CONTROL), ("\x07", Kind.CONTROL), ("\x0b", Kind.CONTROL),
        ("\r", Kind.CONTROL),
        ("\x7f", Kind.CONTROL), ("\x85", Kind.CONTROL), ("\x9f", Kind.CONTROL),
        ("\ud800", Kind.SURROGATE),
        ("\ufdd0", Kind.NONCHARACTER), ("\uffff", Kind.NONCHARACTER),
        ("\U0010fffe", Kind.NONCHARACTER),
        ("\u202e", Kind.OVERRIDE), ("\u2066", Kind.OVERRIDE), ("\u202c", Kind.OVERRIDE),
        ("\ue000", Kind.PRIVATE_USE), ("\U000f0000", Kind.PRIVATE_USE),
        ("\u0378", Kind.UNASSIGNED), ("\U0002fa1f", Kind.UNASSIGNED),
        ("\u200e", Kind.DIRECTION), ("\u200f", Kind.DIRECTION), ("\u061c", Kind.DIRECTION),
        ("\u200b", Kind.INVISIBLE), ("\ufeff", Kind.INVISIBLE), ("\u00ad", Kind.INVISIBLE),
        ("\u2060", Kind.INVISIBLE), ("\u200d", Kind.INVISIBLE), ("\u200c", Kind.INVISIBLE),
        ("\u034f", Kind.INVISIBLE), ("\u3164", Kind.INVISIBLE), ("\u2800", Kind.INVISIBLE),
        ("\u2028", Kind.INVISIBLE), ("\U000e0041", Kind.INVISIBLE), ("\ufff9", Kind.INVISIBLE),
        ("\ufffd", Kind.REPLACEMENT), ("\ufffc", Kind.REPLACEMENT),
    ],
)  # fmt: skip
def test_what_nobody_sees_is_found_with_its_place(character: str, kind: Kind) -> None:
    (odd,) = odd_characters(f"一行目\nあ{character}い")

    assert (odd.kind, odd.line, odd.column) == (kind, 2, 2)
    assert odd.code_point == f"U+{ord(character):04X}"
    assert (first_mistake(f"あ{character}") is not None) == (kind in MISTAKES)


@pytest.mark.parametrize("character", ["\u200b", "\ufe0f", "\U000e0100", "\u200d"])
def test_at_the_beginning_it_belongs_to_nothing(character: str) -> None:
    assert [odd.kind for odd in odd_characters(f"{character}あ")] == [Kind.INVISIBLE]


def test_a_variation_selector_after_kana_is_odd() -> None:
    assert [odd.kind for odd in odd_characters("あ\U000e0100い\ufe00")] == [Kind.INVISIBLE] * 2


@pytest.mark.parametrize(
    "text",
    [
        "葛\U000e0100城市の辻\U000e0101さん", "神\ufe00社", "髙﨑𠮷野家", "①㈱～－ｱｲｳ",
        "字下げ　\u00a0と\tタブ\n改行", "☀\ufe0f晴れ", "1\ufe0f\u20e3",
        "👨\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👩🏽\u200d🚒",
        "が", "か\u3099",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم", "क्\u200dष",
    ],
)  # fmt: skip
def test_what_belongs_to_a_text_is_let_be(text: str) -> None:
    assert list(odd_characters(text)) == []


def test_every_default_ignorable_and_format_character_is_told() -> None:
    """Between two kana nothing of these belongs there, but for signs that are seen."""
    quiet = {
        f"U+{point:04X}"
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cf", "Cc", "Cs", "Co", "Cn")
        and not list(odd_characters(f"あ{chr(point)}あ"))
    }

    # Tab and line feed; Arabic, Syriac and Kaithi number signs, which are drawn.
    drawn = {f"U+{point:04X}" for point in (*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2)}
    assert quiet <= {"U+0009", "U+000A"} | drawn
