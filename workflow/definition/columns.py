"""The columns of a route: for each stage on the line, where its parts stand from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workflow.definition.flow import Flow, FlowGraph, Node, NodeKind
from workflow.definition.lettering import broken, width

#: Letters of labels and of the words in a task; the height of a label's line.
LETTERS, TASK_LETTERS, LINE = 12, 14, 15
#: Between a line and words beside it.
LABEL_GAP = 5
#: Between two parts that are joined by a line.
CORNER = 14
TASK_WIDTH, TASK_HEIGHT = 138, 72
JOIN, FORK, EVENT, END = 20, 32, 24, 32
#: Each event at the edge of a task has this much of the edge, its words included.
EVENT_SLOT, FIRST_EVENT = 72, 14
#: What is written on the straight way to the next stage breaks at this width.
WIDEST_STRAIGHT, NARROWEST_GAP = 72, 66


def sizes(kind: NodeKind) -> tuple[int, int]:
    """Width and height of everything that is always the same size."""
    side = {
        NodeKind.JOIN: JOIN,
        NodeKind.FORK: FORK,
        NodeKind.EVENT: EVENT,
        NodeKind.START: END,
        NodeKind.END: END,
    }[kind]
    return side, side


@dataclass
class Column:
    """One stage's places, as x of their middles.

    Attributes:
        meets: where flows into the stage come together.
        settled: where the answers of a joint stage and its last day come together.
        parts: where its outcomes part, and flows off the line turn.
        gap: the room between that and the next column, for words.
    """

    meets: int
    task: int = 0
    task_width: int = TASK_WIDTH
    task_height: int = TASK_HEIGHT
    settled: int = 0
    parts: int = 0
    gap: int = NARROWEST_GAP
    start: int = 0
    event_xs: dict[str, int] = field(default_factory=dict)
    event_room: int = EVENT_SLOT - LABEL_GAP - 3

    def middle_of(self, node: Node) -> int:
        """The x of a node on the line."""
        if node.kind is NodeKind.START:
            return self.start
        if node.kind is NodeKind.JOIN:
            return self.settled if node.id.startswith("settled.") else self.meets
        return self.parts if node.kind is NodeKind.FORK else self.task

    def size_of(self, node: Node) -> tuple[int, int]:
        """Width and height of a node of this column."""
        if node.kind is NodeKind.TASK:
            return self.task_width, self.task_height
        return sizes(node.kind)

    def leaves(self, node: Node) -> int:
        """The x at which a flow out of *node* turns off the line."""
        return self.event_xs.get(node.id, self.parts)


def columns_of(
    graph: FlowGraph, main: Sequence[str], straight: Mapping[str, Flow]
) -> dict[str, Column]:
    """The columns of the stages in *main*, whose flows to the next are *straight*."""
    columns: dict[str, Column] = {}
    x = END + CORNER
    for key in main:
        kinds = {node.id: node for node in graph.nodes if node.stage == key}
        column = Column(meets=x + JOIN // 2)
        if not columns:
            column.start = END // 2
        x += JOIN + CORNER
        if any(node.kind is NodeKind.END for node in kinds.values()):
            column.task = x + END // 2
            columns[key] = column
            continue
        events = [node for node in kinds.values() if node.kind is NodeKind.EVENT]
        column.task_width = max(TASK_WIDTH, _edge(graph, events, main))
        _lay_events(column, graph, events, main, x)
        column.task = x + column.task_width // 2
        x += column.task_width + CORNER
        if any(node_id.startswith("settled.") for node_id in kinds):
            column.settled = x + JOIN // 2
            x += JOIN + CORNER
        column.parts = x + FORK // 2
        x += FORK
        lines = broken(straight[key].label, LETTERS, WIDEST_STRAIGHT) if key in straight else ()
        widest = max((width(line, LETTERS) for line in lines), default=0)
        column.gap = max(NARROWEST_GAP, widest + 2 * LABEL_GAP + 4)
        x += column.gap
        columns[key] = column
    return columns


def goes_up(graph: FlowGraph, event: Node, main: Sequence[str]) -> bool:
    """Whether an event stands at the upper edge: it leads forward."""
    flow = next(flow for flow in graph.flows if flow.source == event.id)
    target = graph.node(flow.target).stage
    if event.by == "closing":
        return True
    return target in main and main.index(target) > main.index(event.stage)


def _edge(graph: FlowGraph, events: Sequence[Node], main: Sequence[str]) -> int:
    """The width that the fuller of the two edges asks for."""
    up = sum(goes_up(graph, event, main) for event in events)
    return EVENT_SLOT * max(up, len(events) - up) - 4


def _lay_events(
    column: Column, graph: FlowGraph, events: Sequence[Node], main: Sequence[str], left: int
) -> None:
    for upper in (True, False):
        here = [event for event in events if goes_up(graph, event, main) is upper]
        for place, event in enumerate(here):
            column.event_xs[event.id] = left + FIRST_EVENT + EVENT_SLOT * place
