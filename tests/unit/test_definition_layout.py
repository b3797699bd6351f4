"""The picture of a route can be read: nothing lies on anything else, whatever the route."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings

from tests.unit.routes import ROUTES, definitions
from workflow.definition.flow import NodeKind
from workflow.definition.layout import layout
from workflow.definition.load import standard
from workflow.definition.model import Definition
from workflow.definition.places import Box, Label, Layout, PlacedFlow, Point

EVERY_ROUTE = pytest.mark.parametrize("name", ROUTES)
LOCALES = pytest.mark.parametrize("locale", ["ja", "en"])


def segments(flow: PlacedFlow) -> list[tuple[Point, Point]]:
    return [(a, b) for a, b in pairwise(flow.points) if a != b]


def crosses(segment: tuple[Point, Point], box: Box) -> bool:
    """Whether a line goes through the inside of a box."""
    (ax, ay), (bx, by) = segment
    return (
        min(ax, bx) < box.right
        and max(ax, bx) > box.x
        and min(ay, by) < box.bottom
        and max(ay, by) > box.y
    )


def on_edge(point: Point, box: Box) -> bool:
    x, y = point
    inside = box.x <= x <= box.right and box.y <= y <= box.bottom
    return inside and (x in (box.x, box.right) or y in (box.y, box.bottom))


def labels(placed: Layout) -> list[tuple[str, Label]]:
    return [(n.node.id, n.label) for n in placed.nodes if n.label and n.label.lines] + [
        (f.flow.id, f.label) for f in placed.flows if f.label and f.label.lines
    ]


def share(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    """Whether two lines run over each other for more than a point."""
    for axis in (0, 1):
        other = 1 - axis
        flat = a[0][axis] == a[1][axis] == b[0][axis] == b[1][axis]
        low = max(min(a[0][other], a[1][other]), min(b[0][other], b[1][other]))
        high = min(max(a[0][other], a[1][other]), max(b[0][other], b[1][other]))
        if flat and low < high:
            return True
    return False


def faults(definition: Definition, locale: str) -> list[str]:
    """Everything that is wrong with the picture."""
    placed = layout(definition, locale)
    return [*boxes_on_boxes(placed), *words_on_things(placed), *bad_lines(placed), *outside(placed)]


def boxes_on_boxes(placed: Layout) -> Iterator[str]:
    for one, other in combinations(placed.nodes, 2):
        kinds = {one.node.kind, other.node.kind}
        is_host = kinds == {NodeKind.TASK, NodeKind.EVENT} and one.node.stage == other.node.stage
        if one.box.touches(other.box) and not is_host:
            yield f"{one.node.id} lies on {other.node.id}"


def words_on_things(placed: Layout) -> Iterator[str]:
    for (one_id, words), (other_id, others) in combinations(labels(placed), 2):
        if words.box.touches(others.box):
            yield f"the words of {one_id} lie on those of {other_id}"
    for label_id, words in labels(placed):
        for node in placed.nodes:
            if node.box.touches(words.box):
                yield f"the words of {label_id} lie on {node.node.id}"
        for flow in placed.flows:
            if any(crosses(segment, words.box) for segment in segments(flow)):
                yield f"{flow.flow.id} goes through the words of {label_id}"


def bad_lines(placed: Layout) -> Iterator[str]:
    boxes = {n.node.id: n.box for n in placed.nodes}
    for flow in placed.flows:
        name = flow.flow.id
        for segment in segments(flow):
            (ax, ay), (bx, by) = segment
            if ax != bx and ay != by:
                yield f"{name} is slanted"
            yield from (f"{name} goes through {n}" for n, b in boxes.items() if crosses(segment, b))
        if not on_edge(flow.points[0], boxes[flow.flow.source]):
            yield f"{name} begins nowhere"
        if not on_edge(flow.points[-1], boxes[flow.flow.target]):
            yield f"{name} ends nowhere"
    for a, b in combinations(placed.flows, 2):
        related = a.flow.source == b.flow.source or a.flow.target == b.flow.target
        if not related and any(share(s, t) for s in segments(a) for t in segments(b)):
            yield f"{a.flow.id} runs over {b.flow.id}"


def outside(placed: Layout) -> Iterator[str]:
    everything = [n.box for n in placed.nodes] + [words.box for _, words in labels(placed)]
    everything += [Box(x, y, 0, 0) for f in placed.flows for x, y in f.points]
    for box in everything:
        if box.x < 0 or box.y < 0 or box.right > placed.width or box.bottom > placed.height:
            yield f"{box} lies outside"


@EVERY_ROUTE
@LOCALES
def test_nothing_lies_on_anything_else(name: str, locale: str) -> None:
    assert faults(ROUTES[name], locale) == []


@given(definitions())
@settings(max_examples=150, deadline=None)
def test_nor_does_it_in_any_route_that_could_be_written(definition: Definition) -> None:
    assert faults(definition, "ja") == []


@EVERY_ROUTE
def test_every_stage_and_every_row_is_drawn_once(name: str) -> None:
    definition = ROUTES[name]

    placed = layout(definition)

    drawn = [f.flow.row for f in placed.flows if f.flow.row is not None]
    stages = [n.node.stage for n in placed.nodes if n.node.kind in (NodeKind.TASK, NodeKind.END)]
    assert sorted(map(repr, drawn)) == sorted(map(repr, definition.transitions))
    assert sorted(stages) == sorted(stage.key for stage in definition.stages)


def test_stages_stand_from_left_to_right_in_the_order_of_the_file_and_ends_below() -> None:
    definition = standard()

    placed = layout(definition)

    at = {n.node.stage: n.box for n in placed.nodes if n.node.kind in (NodeKind.TASK, NodeKind.END)}
    line = ["draft", "department_review", "bureau_approval", "approved", "published"]
    assert [key for key in sorted(at, key=lambda k: at[k].x) if key in line] == line
    assert len({at[key].middle[1] for key in line}) == 1
    assert all(at[end].y > max(at[key].bottom for key in line) for end in ("rejected", "abandoned"))


def test_ways_forward_lie_above_the_line_and_ways_back_below_the_engines_outside() -> None:
    placed = layout(standard())
    line = next(n.box.middle[1] for n in placed.nodes if n.node.id == "start")

    heights: dict[str, set[int]] = {}
    for flow in placed.flows:
        if flow.flow.row is not None and len(flow.points) > 2:
            farthest = max((y for _, y in flow.points), key=lambda y: abs(y - line))
            heights.setdefault(flow.flow.row.action, set()).add(farthest - line)

    assert all(height < 0 for height in heights["pass_over"])
    assert all(height > 0 for height in heights["return"] | heights["withdraw"])
    assert min(heights["content_changed"]) > max(heights["return"] | heights["withdraw"])


def test_the_same_definition_gives_the_same_picture() -> None:
    assert layout(standard()) == layout(standard())


def test_the_standard_route_fits_on_the_page_of_an_offices_screen() -> None:
    assert layout(standard()).width <= 1280
