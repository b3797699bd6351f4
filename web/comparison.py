"""What differs between two contents, in the words of the sheet; texts sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from web.language import gettext as _
from web.language import locale
from web.paper import circled, direction_word, field_names, stars
from web.words import figure, fiscal_year, printed
from workflow.sentences.sheet_places import SHEET_PLACES
from workflow.sheet.changes import Change, changes
from workflow.sheet.content import SheetContent
from workflow.sheet.judging import Direction
from workflow.sheet.year_on_year import year_on_year

_PATH = re.compile(
    r"(?P<root>\w+)(?:\[(?P<key>[^\]]+)\])?(?:\.(?P<leaf>\w+))?(?:\[(?P<year>[0-9]+)\])?"
)
_SENTENCE = re.compile(r"[^。\n]*。|[^。\n]+|\n")
_TEXTS = frozenset({"objective", "annual_plan", "rating_reason", "results", "issues",
                    "next_year_actions", "definition", "note"})  # fmt: skip
_COSTS = frozenset({"project_cost", "personnel_cost", "total_project_cost",
                    "prior_year_project_cost", "prior_year_personnel_cost"})  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


@dataclass(frozen=True)
class ChangeInWords:
    """One place that differs.

    Attributes:
        pieces: the text with what went and what came, for long texts; else empty.
    """

    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


def in_words(
    before: SheetContent, after: SheetContent, scale: int = 4
) -> tuple[ChangeInWords, ...]:
    """Everything that differs, in the order of the sheet; *scale* is how many stars there are."""
    return tuple(
        _in_words(change, before, after, scale)
        for change in changes(before, after)
        if change.path != "schema_version"
    )


@dataclass(frozen=True)
class YearOnYear:
    """What was written, measured or spent otherwise than in last year's sheet of the measure.

    Attributes:
        written: texts, stars, actual values and the total of costs, in the order of the sheet.
        costs: project by project; many, and rarely what is looked for first.
    """

    written: tuple[ChangeInWords, ...]
    costs: tuple[ChangeInWords, ...]


def since_last_year(earlier: SheetContent, later: SheetContent, scale: int = 4) -> YearOnYear:
    """Compare with last year's sheet; *scale* is how many stars there are."""
    written: list[ChangeInWords] = []
    costs: list[ChangeInWords] = []
    for change in year_on_year(earlier, later):
        group = costs if change.path.startswith("projects[") else written
        group.append(_in_words(change, earlier, later, scale))
    return YearOnYear(tuple(written), tuple(costs))


def _in_words(
    change: Change, before: SheetContent, after: SheetContent, scale: int
) -> ChangeInWords:
    match = _PATH.fullmatch(change.path)
    parts: Mapping[str, str | None] = match.groupdict() if match else {"root": change.path}
    leaf = parts.get("leaf") or str(parts["root"])
    pieces: tuple[Piece, ...] = ()
    if leaf in _TEXTS and change.before and change.after:
        pieces = compare(change.before, change.after)
    return ChangeInWords(
        label=_label(parts, leaf, before, after),
        before=_value(leaf, change.before, scale),
        after=_value(leaf, change.after, scale),
        pieces=pieces,
    )


def compare(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts as one, sentence by sentence."""
    old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    pieces: list[Piece] = []
    for kind, start, end, start_new, end_new in SequenceMatcher(
        a=old, b=new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[start:end])))
            continue
        if end > start:
            pieces.append(Piece("gone", "".join(old[start:end])))
        if end_new > start_new:
            pieces.append(Piece("new", "".join(new[start_new:end_new])))
    return tuple(pieces)


def _label(
    parts: Mapping[str, str | None], leaf: str, before: SheetContent, after: SheetContent
) -> str:
    names = field_names(after)
    root, key, year = str(parts["root"]), parts.get("key"), parts.get("year")
    if key is None and parts.get("leaf") is None:
        return names.get(root) or _leaf_names().get(root, root)
    what = _leaf_names().get(leaf, leaf)
    if year is not None:
        what = _("%(year)sの%(what)s", year=fiscal_year(int(year)), what=what)
    if root == "indicators" and key is not None:
        named = {str(i.number): i.name for c in (before, after) for i in c.indicators}
        return _(
            "指標%(number)s %(name)s：%(what)s",
            number=circled(int(key)), name=named.get(key, ""), what=what,
        )  # fmt: skip
    if root == "projects" and key is not None:
        named = {p.code: p.name for c in (before, after) for p in c.projects}
        return _("事業 %(code)s %(name)s：%(what)s", code=key, name=named.get(key, ""), what=what)
    return _("%(place)s：%(what)s", place=_leaf_names().get(root, root), what=what)


def _leaf_names() -> dict[str, str]:
    at = 1 if locale() == "en" else 0
    return {key: names[at] for key, names in SHEET_PLACES.items()}


def _value(leaf: str, text: str | None, scale: int) -> str:
    if text is None or text == "":
        return _("（なし）")
    if leaf == "rating":
        return stars(int(text), scale)
    if leaf in _COSTS:
        return _("%(n)s千円", n=figure(int(text)))
    if leaf == "direction":
        return direction_word(Direction(text))
    if leaf in ("baseline_year", "target_fiscal_year"):
        return fiscal_year(int(text))
    if leaf in ("targets", "actuals", "baseline", "lower_bound", "upper_bound"):
        return printed(text)
    return {"true": _("はい"), "false": _("いいえ")}.get(text, text)
