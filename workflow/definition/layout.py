"""Where everything of a route stands: one placement for the BPMN file and for the page.

Stages stand on one line from left to right in the order of the file, each in a column of its own:
where ways meet, the task, where ways part. A row to the next stage is straight. Every other row
turns into a track: above the line those that go forward, below it those that go back, below them
the ends. Tracks of the engine lie outside those of people. Flows share a track or an upright only
when they come from the same place or lead to the same place.

Whole pixels, the origin at the top left.
"""

from __future__ import annotations

from dataclasses import replace

from workflow.definition.columns import (
    CORNER,
    END,
    EVENT,
    FORK,
    LABEL_GAP,
    LETTERS,
    LINE,
    columns_of,
    sizes,
)
from workflow.definition.end_rows import EndGroup, rows_of
from workflow.definition.flow import BY_ITSELF, Flow, FlowGraph, Node, NodeKind, flow_graph
from workflow.definition.lettering import broken, width
from workflow.definition.model import Definition, StageKind
from workflow.definition.places import (
    Box,
    Label,
    Layout,
    PlacedFlow,
    PlacedNode,
    Point,
    on_canvas,
    words_at,
)
from workflow.definition.tracks import Run, Track, tracks

#: Room for the words at an end, and beside a track.
END_LABEL, TRACK_LABEL = 84, 78


def layout(definition: Definition, locale: str = "ja") -> Layout:
    """Place *definition* with its labels in *locale*; the same definition, the same places."""
    return _Placing(definition, flow_graph(definition, locale)).layout()


class _Placing:
    def __init__(self, definition: Definition, graph: FlowGraph) -> None:
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        published = [s.key for s in definition.stages if s.kind is StageKind.PUBLISHED]
        #: On the line, in order; every other end stands below.
        self.main = [s.key for s in definition.stages if not s.final] + published[:1]
        self.ends = [s.key for s in definition.stages if s.final and s.key not in self.main]
        self.straight = self.straight_flows()
        self.columns = columns_of(graph, self.main, self.straight)
        self.boxes: dict[str, Box] = {}
        self.labels: dict[str, Label] = {}
        self.flows: dict[str, PlacedFlow] = {}

    def stage_of(self, node_id: str) -> str:
        return self.nodes[node_id].stage

    def straight_flows(self) -> dict[str, Flow]:
        """For each stage on the line, the one flow that leads straight to the next."""
        found: dict[str, Flow] = {}
        for flow in self.graph.flows:
            source, target = self.nodes[flow.source], self.nodes[flow.target]
            follows = (source.stage, target.stage) in zip(self.main, self.main[1:], strict=False)
            if follows and source.kind is not NodeKind.EVENT and source.id != "start":
                found.setdefault(source.stage, flow)
        return found

    # Which way

    def runs(self) -> list[Run]:
        """Every flow that turns off the line, with the x of both its uprights."""
        found = []
        for flow in self.graph.flows:
            source, target = self.nodes[flow.source], self.nodes[flow.target]
            closing = source.by == "closing"
            if target.stage in self.ends or flow in self.straight.values() or source.id == "start":
                continue
            if not closing and flow.row is None:
                continue
            here, there = self.main.index(source.stage), self.main.index(target.stage)
            column = self.columns[target.stage]
            row = flow.row
            found.append(
                Run(
                    flow=flow,
                    above=closing or there > here,
                    bus=(flow.target, row.by, row.action) if row else (flow.target, "closing", ""),
                    start=self.columns[source.stage].leaves(source),
                    end=column.settled if closing else column.meets,
                    by_itself=closing or (row is not None and row.by in BY_ITSELF),
                    label_lines=len(broken(flow.label, LETTERS, TRACK_LABEL)),
                )
            )
        return found

    # Where

    def layout(self) -> Layout:
        runs = self.runs()
        above = tracks([run for run in runs if run.above])
        below = tracks([run for run in runs if not run.above])
        self.place_line([run for run in runs if run.above])
        tall = max(box.height for box in self.boxes.values()) // 2
        words = [*self.labels.values(), *(f.label for f in self.flows.values() if f.label)]
        lowest = max(tall, *(label.box.bottom for label in words))
        highest = min(-tall, *(label.box.y for label in words))
        y = highest - LABEL_GAP
        for track in above:
            self.draw(track, y)
            y -= LINE * track.label_lines + CORNER
        y = lowest + LABEL_GAP
        for track in below:
            y += LINE * track.label_lines + (LABEL_GAP if track.label_lines else 0)
            self.draw(track, y)
            y += CORNER
        self.place_ends(y + CORNER)
        return on_canvas(
            [
                PlacedNode(node, self.boxes[node.id], self.labels.get(node.id))
                for node in self.nodes.values()
            ],
            [self.flows[flow.id] for flow in self.graph.flows],
        )

    def place_line(self, above: list[Run]) -> None:
        """Everything on the line, whose middle is y = 0."""
        upwards = {self.nodes[run.flow.source].id for run in above}
        for node in self.graph.nodes:
            if node.stage not in self.columns:
                continue
            column = self.columns[node.stage]
            if node.kind is NodeKind.EVENT:
                edge = -column.task_height // 2 if node.id in upwards else column.task_height // 2
                up = node.id in upwards
                middle = (column.event_xs[node.id], edge)
                text_y = edge - EVENT // 2 - LABEL_GAP if up else edge + EVENT // 2 + LABEL_GAP
                self.labels[node.id] = words_at(
                    node.label, column.event_room, middle[0] + LABEL_GAP + 1, text_y,
                    anchor="start", above=up,
                )  # fmt: skip
            else:
                middle = (column.middle_of(node), 0)
            wide, high = column.size_of(node)
            box = Box(middle[0] - wide // 2, middle[1] - high // 2, wide, high)
            self.boxes[node.id] = box
            if node.kind in (NodeKind.START, NodeKind.END):
                self.labels[node.id] = words_at(
                    node.label, END_LABEL, middle[0], box.bottom + LABEL_GAP, anchor="middle"
                )
            elif node.kind is NodeKind.FORK:
                self.labels[node.id] = words_at(
                    node.label, TRACK_LABEL, middle[0] + LABEL_GAP + 1, box.bottom + 2,
                    anchor="start",
                )  # fmt: skip
        for flow in self.graph.flows:
            source, target = self.nodes[flow.source], self.nodes[flow.target]
            on_line = {source.stage, target.stage} <= set(self.columns)
            if on_line and flow.id not in {run.flow.id for run in self.runs()}:
                a, b = self.boxes[source.id], self.boxes[target.id]
                start, end = (a.right, 0), (b.x, 0)
                label = None
                if flow.label:
                    column = self.columns[source.stage]
                    label = words_at(
                        flow.label,
                        column.gap - 2 * LABEL_GAP,
                        column.parts + FORK // 2 + LABEL_GAP,
                        -LABEL_GAP,
                        anchor="start",
                        above=True,
                    )
                self.flows[flow.id] = PlacedFlow(flow, (start, end), label)

    def draw(self, track: Track, y: int) -> None:
        """All runs of a track at height *y*."""
        for run in track.runs:
            source, target = self.nodes[run.flow.source], self.nodes[run.flow.target]
            a, b = self.boxes[source.id], self.boxes[target.id]
            points = [*self.out_of(source, a, run.start, y), (run.start, y), (run.end, y)]
            if target.kind is NodeKind.JOIN:
                points.append((run.end, b.y if run.above else b.bottom))
            else:
                points += [(run.end, 0), (b.x, 0)]
            label = None
            if run.flow.label:
                side = LABEL_GAP if run.above else -LABEL_GAP
                label = words_at(
                    run.flow.label, TRACK_LABEL, run.start + side, y - 2,
                    anchor="start" if run.above else "end", above=True,
                )  # fmt: skip
            self.flows[run.flow.id] = PlacedFlow(run.flow, tuple(points), label, run.by_itself)

    def out_of(self, source: Node, box: Box, x: int, y: int) -> list[Point]:
        """The first corners of a flow that turns off the line at *x* towards *y*."""
        if source.kind in (NodeKind.EVENT, NodeKind.FORK):
            return [(x, box.bottom if y > box.bottom else box.y)]
        return [(box.right, 0), (x, 0)]

    def place_ends(self, y: int) -> None:
        """The ends off the line, each right of the last way to it."""
        groups = [self.end_group(key) for key in self.ends]
        rows = rows_of(groups)
        names = [
            broken(node.label, LETTERS, END_LABEL)
            for node in self.graph.nodes
            if node.stage in self.ends and node.kind is NodeKind.END
        ]
        written = [lines for key in self.ends for lines in self.lines_on_ways(key).values()]
        half = max(END, LINE * max(map(len, names), default=0)) // 2 + 1
        upper = max(half, LINE * max(written, default=0)) + LABEL_GAP
        for group in groups:
            self.place_end(group, y + upper + rows[group.stage] * (upper + half))

    def ways_to(self, key: str) -> list[Flow]:
        return [f for f in self.graph.flows if self.stage_of(f.target) == key and f.row]

    def lines_on_ways(self, key: str) -> dict[str, int]:
        """How many lines of words stand on the ways from each source; they are stacked."""
        counts: dict[str, int] = {}
        for flow in self.ways_to(key):
            lines = len(broken(flow.label, LETTERS, TRACK_LABEL))
            counts[flow.source] = counts.get(flow.source, 0) + lines
        return counts

    def end_group(self, key: str) -> EndGroup:
        ways = self.ways_to(key)
        sources = [self.nodes[flow.source] for flow in ways]
        uprights = tuple(self.columns[node.stage].leaves(node) for node in sources)
        lines = [line for flow in ways for line in broken(flow.label, LETTERS, TRACK_LABEL)]
        # An end that nothing leads to stands right of everything.
        stages = [node.stage for node in sources] or self.columns
        left = max(self.columns[stage].parts for stage in stages) + CORNER
        left += max((width(line, LETTERS) for line in lines), default=0)
        count = sum(node.stage == key for node in self.graph.nodes)
        return EndGroup(key, uprights, left, left + count * (END + CORNER) + END_LABEL)

    def place_end(self, group: EndGroup, y: int) -> None:
        x = group.left
        nodes = [node for node in self.graph.nodes if node.stage == group.stage]
        for node in sorted(nodes, key=lambda node: node.kind is NodeKind.END):
            wide, high = sizes(node.kind)
            self.boxes[node.id] = Box(x, y - high // 2, wide, high)
            x += wide + CORNER
        end = next(node for node in nodes if node.kind is NodeKind.END)
        beside = self.boxes[end.id].right + LABEL_GAP
        words = words_at(end.label, END_LABEL, beside, 0, anchor="start")
        lifted = replace(words.box, y=y - words.box.height // 2)
        self.labels[end.id] = replace(words, box=lifted)
        heights: dict[str, int] = {}
        for flow in self.graph.flows:
            if self.stage_of(flow.target) == group.stage:
                heights[flow.source] = self.draw_to_end(flow, y, heights.get(flow.source, y - 2))

    def draw_to_end(self, flow: Flow, y: int, words_y: int) -> int:
        """Draw a way at height *y* with its words above *words_y*; returns their upper edge."""
        source, target = self.nodes[flow.source], self.boxes[flow.target]
        if flow.row is None:
            from_box = self.boxes[flow.source]
            self.flows[flow.id] = PlacedFlow(flow, ((from_box.right, y), (target.x, y)))
            return words_y
        x = self.columns[source.stage].leaves(source)
        points = (*self.out_of(source, self.boxes[source.id], x, y), (x, y), (target.x, y))
        label = words_at(
            flow.label, TRACK_LABEL, x + LABEL_GAP, words_y, anchor="start", above=True
        )
        by_itself = flow.row.by in BY_ITSELF
        self.flows[flow.id] = PlacedFlow(flow, points, label, by_itself)
        return label.box.y
