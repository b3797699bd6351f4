"""Calendars as text, held to the rules of RFC 5545."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.exchange.icalendar_text import AllDayEvent, calendar, folded, text_value

EVENT = AllDayEvent(
    uid="7-draft@hyoka.example.jp",
    day=date(2022, 12, 31),
    summary="【期限】611 参画協働のまちづくり（作成中）",
    description="期限 令和4年12月31日（土）\n作成中：市民自治部, 起案者; \\",
    url="https://hyoka.example.jp/sheets/7",
    changed_at=datetime(2022, 6, 1, 1, 2, 3, tzinfo=UTC),
)


def unfolded(text: str) -> str:
    """What a reader does first (3.1): a line end and one white space are nothing."""
    return re.sub(r"\r\n[ \t]", "", text)


def unescaped(value: str) -> str:
    """What a reader does with a value of TEXT (3.3.11)."""
    return re.sub(
        r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value, flags=re.DOTALL
    )


def properties(text: str) -> list[tuple[str, str]]:
    lines = unfolded(text).removesuffix("\r\n").split("\r\n")
    return [(line.partition(":")[0], line.partition(":")[2]) for line in lines]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a;b", r"a\;b"),
        ("a,b", r"a\,b"),
        ("a\\b", r"a\\b"),
        ("a\\nb", r"a\\nb"),
        ("a\nb", r"a\nb"),
        ("a\r\nb", r"a\nb"),
        ("a\rb", r"a\nb"),
        ("a:b", "a:b"),
        ('"a"', '"a"'),
        ("a\tb", "a\tb"),
        ("a\x00\x07\x7fb", "ab"),
        ("END:VEVENT\r\nBEGIN:VALARM", r"END:VEVENT\nBEGIN:VALARM"),
    ],
)
def test_what_has_a_meaning_of_its_own_is_escaped(text: str, value: str) -> None:
    assert text_value(text) == value


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_line_and_all_of_it_comes_back(text: str) -> None:
    line = f"SUMMARY:{text_value(text)}"

    assert "\n" not in line.replace("\r\n", "")
    assert "\r" not in line
    kept = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", re.sub(r"\r\n?", "\n", text))
    assert unescaped(unfolded(folded(line)).removeprefix("SUMMARY:")) == kept


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=400))
def test_lines_are_at_most_75_octets_and_no_character_is_cut(text: str) -> None:
    lines = folded(text).split("\r\n")

    for line in lines:
        assert len(line.encode()) <= 75
    assert all(line.startswith(" ") for line in lines[1:])
    assert "".join([lines[0], *(line[1:] for line in lines[1:])]) == text


@pytest.mark.parametrize(("length", "lines"), [(0, 1), (75, 1), (76, 2), (149, 2), (150, 3)])
def test_a_line_is_folded_only_where_it_must_be(length: int, lines: int) -> None:
    assert len(folded("x" * length).split("\r\n")) == lines


def test_a_calendar_says_what_the_rfc_asks_for() -> None:
    text = calendar("期限", [EVENT], refresh_hours=6)

    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    found = properties(text)
    assert found[0] == ("BEGIN", "VCALENDAR")
    values = dict(found)
    assert (values["VERSION"], values["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert values["PRODID"]
    assert values["UID"] == EVENT.uid
    assert values["DTSTAMP"] == "20220601T010203Z"
    assert values["DTSTART;VALUE=DATE"] == "20221231"
    assert values["DTEND;VALUE=DATE"] == "20230101"
    assert unescaped(values["SUMMARY"]) == EVENT.summary
    assert unescaped(values["DESCRIPTION"]) == EVENT.description
    assert values["URL"] == EVENT.url
    assert values["REFRESH-INTERVAL;VALUE=DURATION"] == "PT6H"


def test_an_empty_calendar_is_a_calendar() -> None:
    found = properties(calendar("期限", [], refresh_hours=6))

    assert found[0] == ("BEGIN", "VCALENDAR")
    assert found[-1] == ("END", "VCALENDAR")
    assert ("BEGIN", "VEVENT") not in found
