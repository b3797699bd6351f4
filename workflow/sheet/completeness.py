"""What keeps a sheet from being submitted, and whether its texts fit the printed boxes.

The first is a rule, the second a hint: the boxes have hard sizes on paper, but how many lines a
text takes is settled by the typesetting and not here.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from workflow.sheet.content import SheetContent


class MissingCode(StrEnum):
    """What is missing; stable, the shells put it in words."""

    #: A text box is empty or holds only spaces.
    TEXT_EMPTY = "text_empty"
    #: No stars yet.
    RATING_MISSING = "rating_missing"
    #: An indicator has no actual value for the target fiscal year.
    ACTUAL_MISSING = "actual_missing"
    #: A project has no cost; 0 is a cost.
    COST_MISSING = "cost_missing"


@dataclass(frozen=True)
class Missing:
    """One thing that is missing, with the path of its field (as in `changes`)."""

    path: str
    code: MissingCode


@dataclass(frozen=True)
class LineLimit:
    """The size of a printed box: lines, and full-width characters in a line."""

    lines: int
    width: int


@dataclass(frozen=True)
class Overflow:
    """A text that needs more lines than its box has."""

    path: str
    lines: int
    limit: LineLimit


#: The boxes of the printed sheet, as measured on five published ones.
LINE_LIMITS: Mapping[str, LineLimit] = MappingProxyType(
    {
        "objective": LineLimit(10, 55),
        "annual_plan": LineLimit(10, 55),
        "rating_reason": LineLimit(6, 44),
        "results": LineLimit(5, 55),
        "issues": LineLimit(4, 55),
        "next_year_actions": LineLimit(4, 55),
    }
)

# 行頭禁則 and 行末禁則 (JIS X 4051, the common core): what may not begin, and not end, a line.
_NOT_AT_START = frozenset(
    "、。，．,.・：；:;？！?!゛゜´｀¨ヽヾゝゞ々ー」』）】］｝〕〉》)]}”’｣､｡･％%"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶｧｨｩｪｫｬｭｮｯｰ"
)
_NOT_AT_END = frozenset("「『（【［｛〔〈《([{“‘｢")


def missing(content: SheetContent) -> tuple[Missing, ...]:
    """Return everything that keeps the sheet from being submitted, in the order of the sheet."""
    found = []
    for path in ("objective", "annual_plan", "rating", "rating_reason", "results"):
        found += _missing_field(content, path)
    for indicator in content.indicators:
        if content.target_fiscal_year not in indicator.actuals:
            path = f"indicators[{indicator.number}].actuals[{content.target_fiscal_year}]"
            found.append(Missing(path, MissingCode.ACTUAL_MISSING))
    for path in ("issues", "next_year_actions"):
        found += _missing_field(content, path)
    for project in content.projects:
        if project.project_cost is None:
            path = f"projects[{project.code}].project_cost"
            found.append(Missing(path, MissingCode.COST_MISSING))
    return tuple(found)


def page_fit(content: SheetContent) -> tuple[Overflow, ...]:
    """Return the texts that run over their printed box, in the order of the sheet."""
    needed = (
        (path, printed_lines(getattr(content, path), limit.width), limit)
        for path, limit in LINE_LIMITS.items()
    )
    return tuple(
        Overflow(path, lines, limit) for path, lines, limit in needed if lines > limit.lines
    )


def lines_left(path: str, text: str) -> int:
    """Return how many lines a box still has ("あと2行"); negative when the text runs over.

    Raises KeyError for a field without a box.
    """
    limit = LINE_LIMITS[path]
    return limit.lines - printed_lines(text, limit.width)


def printed_lines(text: str, width: int) -> int:
    """Return the lines a text takes in a box `width` full-width characters wide.

    A half-width character counts a half, a line break in the text ends a line, blank lines count
    except at the end, and no line begins with 、。」 and the like or ends with an opening bracket
    (追い出し: the character before goes along to the next line). Latin words may break anywhere.
    Raises ValueError for a width below 1.
    """
    if width < 1:
        raise ValueError(f"a line of {width} characters holds nothing")
    stripped = text.rstrip()
    if not stripped:
        return 0
    return sum(_lines_of(paragraph, 2 * width) for paragraph in stripped.split("\n"))


def _missing_field(content: SheetContent, path: str) -> list[Missing]:
    value = getattr(content, path)
    if value is None:
        return [Missing(path, MissingCode.RATING_MISSING)]
    if isinstance(value, str) and not value.strip():
        return [Missing(path, MissingCode.TEXT_EMPTY)]
    return []


def _lines_of(paragraph: str, half_widths: int) -> int:
    """Count the lines of a text without breaks in a line of so many half-width characters."""
    lines, start, used = 1, 0, 0
    position = 0
    while position < len(paragraph):
        used += _half_widths_of(paragraph[position])
        if used > half_widths and position > start:
            start = position = _break_at(paragraph, start, position)
            lines, used = lines + 1, 0
            continue
        position += 1
    return lines


def _break_at(paragraph: str, start: int, overflow: int) -> int:
    """Return where the next line begins: at the overflow, or before it where 禁則 asks for that."""
    for position in range(overflow, start, -1):
        if paragraph[position] not in _NOT_AT_START and paragraph[position - 1] not in _NOT_AT_END:
            return position
    # A line of nothing but such characters is broken where it is full.
    return overflow


def _half_widths_of(char: str) -> int:
    if char == "\t":
        return 2
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    # "A" (ambiguous: ①, ～, α) is full-width in a Japanese face.
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1
