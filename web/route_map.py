"""The route of a sheet as a picture and as a table, for the templates: placed, worded, marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from web import sheet_story
from web.language import gettext as _
from web.language import locale
from web.words import short_day, stage_label
from workflow.definition import words
from workflow.definition.columns import LETTERS, LINE, TASK_LETTERS
from workflow.definition.flow import NodeKind
from workflow.definition.layout import layout
from workflow.definition.lettering import broken, width
from workflow.definition.model import Stage, Transition
from workflow.definition.places import Box, Label, PlacedNode
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheet_route import RouteStep

#: Between the lines of a task's name.
TASK_LINE = 18
#: What a task keeps free at both sides of its words.
TASK_EDGE = 6
#: Wider pictures scroll in their frame at their own size; narrower ones shrink a little to fit.
WIDEST_THAT_SHRINKS = 1330


@dataclass(frozen=True)
class Written:
    """One line of words in the picture, at its base line."""

    x: int
    y: int
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Place:
    """A task, or an end, of the picture.

    Attributes:
        state: done, current or ahead.
        mark: the word for the state; None where none is written.
        sign_x: where the sign before that word stands.
    """

    box: Box
    state: str
    lines: tuple[Written, ...]
    mark: Written | None
    sign_x: int = 0


@dataclass(frozen=True)
class Meanwhile:
    """An event at the edge of a task; *by* chooses the sign in it."""

    x: int
    y: int
    by: str


@dataclass(frozen=True)
class Way:
    """A line of the picture."""

    points: str
    by_itself: bool


@dataclass(frozen=True)
class RouteMap:
    """The picture."""

    width: int
    height: int
    scrolls: bool
    start: Box
    tasks: tuple[Place, ...]
    ends: tuple[Place, ...]
    meanwhile: tuple[Meanwhile, ...]
    #: Diamonds where ways part or meet, as paths.
    diamonds: tuple[str, ...]
    ways: tuple[Way, ...]
    labels: tuple[Written, ...]
    description: str


def route_map(page: SheetPage) -> RouteMap:
    """The picture of the page's definition with the sheet's present place marked."""
    placed = layout(page.definition, locale())
    states = _states(page)
    kinds: dict[NodeKind, list[PlacedNode]] = {kind: [] for kind in NodeKind}
    for node in placed.nodes:
        kinds[node.node.kind].append(node)
    # What a fork asks can be seen from what leaves it; the words would only crowd the page.
    labelled = [n.label for n in placed.nodes if n.node.kind is not NodeKind.FORK]
    labelled += [flow.label for flow in placed.flows]
    return RouteMap(
        width=placed.width,
        height=placed.height,
        scrolls=placed.width > WIDEST_THAT_SHRINKS,
        start=kinds[NodeKind.START][0].box,
        tasks=tuple(_task(node, states[node.node.stage]) for node in kinds[NodeKind.TASK]),
        ends=tuple(_end(node, states[node.node.stage]) for node in kinds[NodeKind.END]),
        meanwhile=tuple(Meanwhile(*n.box.middle, n.node.by) for n in kinds[NodeKind.EVENT]),
        diamonds=tuple(
            _diamond(node.box) for node in (*kinds[NodeKind.FORK], *kinds[NodeKind.JOIN])
        ),
        ways=tuple(
            Way(" ".join(f"{x},{y}" for x, y in flow.points), flow.by_itself)
            for flow in placed.flows
        ),
        labels=tuple(line for label in labelled if label is not None for line in _written(label)),
        description=_description(page, states),
    )


def _states(page: SheetPage) -> dict[str, str]:
    """Stage → done, current or ahead; an end that was reached is where the sheet is."""
    states = {stage.key: "ahead" for stage in page.definition.stages}
    states |= {step.stage.key: step.state for step in page.route}
    return states | {page.stage.key: "current"}


def _mark(state: str) -> str:
    return {"done": _("済"), "current": _("いまここ")}.get(state, "")


def _task(placed: PlacedNode, state: str) -> Place:
    box = placed.box
    x, y = box.middle
    sign = 20
    lines = broken(placed.node.label, TASK_LETTERS, box.width - 2 * TASK_EDGE)
    mark = _mark(state)
    high = TASK_LINE * len(lines) + (TASK_LINE if mark else 0)
    first = y - high // 2 + TASK_LETTERS
    written = [Written(x, first + TASK_LINE * i, line) for i, line in enumerate(lines)]
    # The sign and the word together stand in the middle.
    marked = Written(x + sign // 2, first + TASK_LINE * len(lines), mark) if mark else None
    return Place(box, state, tuple(written), marked, x - width(mark, LETTERS) // 2)


def _end(placed: PlacedNode, state: str) -> Place:
    """An end's name is one of the labels; what marks it stands under that."""
    mark, label = _mark(state), placed.label
    if not mark or label is None:
        return Place(placed.box, state, (), None)
    below = Label((mark,), Box(label.box.x, label.box.bottom, label.box.width, LINE), label.anchor)
    return Place(placed.box, state, (), next(_written(below)))


def _written(label: Label) -> Iterator[Written]:
    box = label.box
    x = {"start": box.x, "middle": box.x + box.width // 2, "end": box.right}[label.anchor]
    for i, line in enumerate(label.lines):
        yield Written(x, box.y + LETTERS + LINE * i, line, label.anchor)


def _diamond(box: Box) -> str:
    x, y = box.middle
    return f"M{box.x} {y}L{x} {box.y}L{box.right} {y}L{x} {box.bottom}z"


def _description(page: SheetPage, states: dict[str, str]) -> str:
    between = ", " if locale() == "en" else "、"
    done = [stage_label(s) for s in page.definition.stages if states[s.key] == "done"]
    said = [_("段階を左から右へ並べた図。いまは「%(stage)s」。", stage=stage_label(page.stage))]
    if done:
        said.append(_("済んだ段階: %(stages)s。", stages=between.join(done)))
    said.append(_("同じことを下の表に書いています。"))
    return " ".join(said)


@dataclass(frozen=True)
class WayOut:
    """One row of the definition that leaves a stage, in words; *who* only where it is another."""

    label: str
    target: str
    who: str


@dataclass(frozen=True)
class RouteLine:
    """One stage in the table.

    Attributes:
        rule: whom the definition selects.
        people: who did it, has it, or would have it today; in Japanese.
        done_on: when it was left, as a short day.
    """

    stage: str
    state: str
    mark: str
    rule: str
    people: str
    done_on: str
    due_on: date | None
    days_left: int | None
    ways: tuple[WayOut, ...]


def route_lines(page: SheetPage) -> tuple[RouteLine, ...]:
    """Every stage of the definition in its order."""
    steps = {step.stage.key: step for step in page.route}
    states = _states(page)
    return tuple(
        _line(page, stage, states[stage.key], steps.get(stage.key))
        for stage in page.definition.stages
    )


def _line(page: SheetPage, stage: Stage, state: str, step: RouteStep | None) -> RouteLine:
    people = ""
    if step is not None and not stage.final:
        people = step.done_by if state == "done" else sheet_story.people(step.who)
    is_open = step is not None and state != "done" and not stage.final
    return RouteLine(
        stage=stage_label(stage),
        state=state,
        mark=_mark(state) or _not_yet(page, stage),
        rule=words.who_acts(stage, locale()),
        people=people,
        done_on=short_day(step.done_at) if step is not None else "",
        due_on=step.due_on if step is not None and is_open else None,
        days_left=step.days_left if step is not None and state == "current" and is_open else None,
        ways=tuple(_way(page, row) for row in page.definition.transitions_from(stage.key)),
    )


def _not_yet(page: SheetPage, stage: Stage) -> str:
    if stage.final:
        return _("終わり")
    return "－" if page.stage.final else _("これから")


def _way(page: SheetPage, row: Transition) -> WayOut:
    target = stage_label(page.definition.stage(row.target))
    who = "" if row.by == "stage" else words.who_walks(page.definition, row, locale())
    return WayOut(words.row_label(row, locale()), target, who)
