"""What changed in a sheet, as a mail tells it: a line for each place, old and new. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflow.calendar.era import japanese_fiscal_year
from workflow.sentences.sheet_places import SHEET_PLACES
from workflow.sheet.changes import Change, changes
from workflow.sheet.content import SheetContent


@dataclass(frozen=True)
class ContentChange:
    """A change of content that brought a sheet back to somebody.

    Attributes:
        source: the file that was taken in; empty where none is known.
        who: with the post.
        voided: whether somebody had approved, or answered to, what is not the content any more.
        lines: place by place, old and new, in words.
    """

    source: str
    who: str
    voided: bool
    lines: tuple[str, ...]


#: More lines than this are counted instead of told; the page has them all.
MOST_LINES = 8
#: A longer text is cut.
_LONGEST = 40

#: Such as ``indicators[2].actuals[2021]``, ``projects[612010].project_cost``, ``policy.name``.
_PATH = re.compile(
    r"(?:(?P<room>indicators|projects)\[(?P<key>[^\]]+)\]\.)?(?P<leaf>\w+)[^\[]*(?:\[(?P<year>\d+)\])?"
)
_COSTS = frozenset({"project_cost", "personnel_cost", "total_project_cost",
                    "prior_year_project_cost", "prior_year_personnel_cost"})  # fmt: skip
#: What follows from other lines, or says nothing to a reader.
_SILENT = frozenset({"schema_version"})


def lines(before: SheetContent, after: SheetContent) -> tuple[str, ...]:
    """Such as 「事業 611010 ○○：事業費 100千円 → 120千円」, in the order of the sheet."""
    found = [change for change in changes(before, after) if change.path not in _SILENT]
    told = [_line(change, before, after) for change in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        told.append(f"ほか{len(found) - MOST_LINES}か所")
    return tuple(told)


def _line(change: Change, before: SheetContent, after: SheetContent) -> str:
    found = _PATH.match(change.path)
    leaf = found["leaf"] if found else change.path
    what = SHEET_PLACES.get(leaf, (leaf, leaf))[0]
    if found and found["year"]:
        what = f"{japanese_fiscal_year(int(found['year']))}の{what}"
    if found and found["room"]:
        what = f"{_row(found['room'], found['key'], before, after)}：{what}"
    return f"{what} {_value(leaf, change.before)} → {_value(leaf, change.after)}"


def _row(room: str, key: str, before: SheetContent, after: SheetContent) -> str:
    both = (before, after)
    if room == "projects":
        projects = {project.code: project.name for content in both for project in content.projects}
        return f"事業 {key} {projects.get(key, '')}"
    indicators = {str(one.number): one.name for content in both for one in content.indicators}
    return f"指標{key} {indicators.get(key, '')}"


def _value(leaf: str, text: str | None) -> str:
    if not text:
        return "（なし）"
    if leaf in _COSTS:
        return f"{int(text):,}千円"
    folded = " ".join(text.split())
    return folded if len(folded) <= _LONGEST else f"{folded[:_LONGEST]}…"
