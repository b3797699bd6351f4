"""Boxes, words and lines with their places, in whole pixels from the left upper corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflow.definition.columns import LETTERS, LINE
from workflow.definition.flow import Flow, Node
from workflow.definition.lettering import broken, width

Point = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A rectangle: its left upper corner and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its middle."""
        return self.x + self.width // 2, self.y + self.height // 2

    def touches(self, other: Box) -> bool:
        """Whether the two share any room."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True)
class Label:
    """Words in lines that stand in *box*; *anchor* is start, middle or end, as in SVG."""

    lines: tuple[str, ...]
    box: Box
    anchor: str


@dataclass(frozen=True)
class PlacedNode:
    """A node with its place; a task carries its words inside and has no label."""

    node: Node
    box: Box
    label: Label | None = None


@dataclass(frozen=True)
class PlacedFlow:
    """A flow with its corners, from the edge of its source to the edge of its target."""

    flow: Flow
    points: tuple[Point, ...]
    label: Label | None = None
    #: Nobody walks it by pressing a button.
    by_itself: bool = False


@dataclass(frozen=True)
class Layout:
    """A whole route on a canvas."""

    width: int
    height: int
    nodes: tuple[PlacedNode, ...]
    flows: tuple[PlacedFlow, ...]


def words_at(text: str, room: int, x: int, y: int, *, anchor: str, above: bool = False) -> Label:
    """*text* with its upper (or, *above*, lower) edge at *y*."""
    lines = broken(text, LETTERS, room)
    wide = max((width(line, LETTERS) for line in lines), default=0)
    left = {"start": x, "middle": x - wide // 2, "end": x - wide}[anchor]
    height = LINE * len(lines)
    return Label(lines, Box(left, y - height if above else y, wide, height), anchor)


#: Around everything.
MARGIN = 12


def on_canvas(nodes: Sequence[PlacedNode], flows: Sequence[PlacedFlow]) -> Layout:
    """Everything shifted so that it begins at the origin, with a margin around it."""
    boxes = [node.box for node in nodes]
    labels = [node.label for node in nodes] + [flow.label for flow in flows]
    boxes += [label.box for label in labels if label is not None]
    boxes += [Box(x, y, 0, 0) for flow in flows for x, y in flow.points]
    left = min(box.x for box in boxes) - MARGIN
    top = min(box.y for box in boxes) - MARGIN

    def shift(box: Box) -> Box:
        return replace(box, x=box.x - left, y=box.y - top)

    def moved(label: Label | None) -> Label | None:
        return None if label is None else replace(label, box=shift(label.box))

    return Layout(
        width=max(box.right for box in boxes) + MARGIN - left,
        height=max(box.bottom for box in boxes) + MARGIN - top,
        nodes=tuple(replace(n, box=shift(n.box), label=moved(n.label)) for n in nodes),
        flows=tuple(
            replace(
                flow,
                points=tuple((x - left, y - top) for x, y in flow.points),
                label=moved(flow.label),
            )
            for flow in flows
        ),
    )
