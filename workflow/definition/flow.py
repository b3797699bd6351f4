"""A definition as a flow of BPMN: tasks, what happens meanwhile, where ways part and meet.

Between the definition, which knows stages and rows, and the picture, which needs more: a row that
somebody walks who is not asked at the stage (引き戻し, 引上げ), or that the engine walks, is an
event at the edge of the task and interrupts it; what the holder decides is a choice after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from workflow.definition import words
from workflow.definition.model import Definition, Stage, Transition

#: Rows of these are what comes of the task itself; all others interrupt it.
OUTCOMES = frozenset({"stage", "joint", "publication"})
#: Interruptions that the engine makes.
BY_ITSELF = frozenset({"absence", "system", "closing"})


class NodeKind(StrEnum):
    """What stands in the picture."""

    START = "start"
    TASK = "task"
    #: At the edge of a task: interrupts it.
    EVENT = "event"
    #: Where the ways out of a task part.
    FORK = "fork"
    #: Where ways meet.
    JOIN = "join"
    END = "end"


@dataclass(frozen=True)
class Node:
    """One thing in the picture.

    Attributes:
        id: stable, an NCName.
        stage: the stage that it belongs to.
        by: for an event, who makes it: a walker, or ``closing`` for the last day of a joint stage.
    """

    id: str
    kind: NodeKind
    stage: str
    label: str = ""
    by: str = ""


@dataclass(frozen=True)
class Flow:
    """One line of the picture; *rows* of the definition say what it stands for."""

    id: str
    source: str
    target: str
    label: str = ""
    row: Transition | None = None


@dataclass(frozen=True)
class FlowGraph:
    """All of it, in the order of the definition."""

    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]

    def node(self, node_id: str) -> Node:
        """The node with this id."""
        return next(node for node in self.nodes if node.id == node_id)


def encoded(key: str) -> str:
    """*key* as part of an NCName, so that different keys stay different."""
    return "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == "_") else f"-{ord(sign):x}-"
        for sign in key
    )


def flow_graph(definition: Definition, locale: str = "ja") -> FlowGraph:
    """The flow of *definition* with labels in *locale*."""
    return _Builder(definition, locale).graph()


class _Builder:
    def __init__(self, definition: Definition, locale: str) -> None:
        self.definition = definition
        self.locale = locale
        #: Flows to a stage, as (id, source, label, row), before it is known whether they meet.
        self.into: dict[str, list[tuple[str, str, str, Transition | None]]] = {
            stage.key: [] for stage in definition.stages
        }

    def graph(self) -> FlowGraph:
        start = Node(
            "start", NodeKind.START, self.definition.initial.key, self.worded("開始", "Start")
        )
        self.into[start.stage].append(("flow.start", start.id, "", None))
        inside = {stage.key: self.stage(stage) for stage in self.definition.stages}
        nodes, flows = [start], []
        for stage in self.definition.stages:
            joins, lines = self.arrivals(stage)
            nodes += [*joins, *inside[stage.key][0]]
            flows += [*lines, *inside[stage.key][1]]
        return FlowGraph(tuple(nodes), tuple(flows))

    def worded(self, japanese: str, english: str) -> str:
        return words.chosen((japanese, english), self.locale)

    def stage(self, stage: Stage) -> tuple[list[Node], list[Flow]]:
        """The nodes of one stage and the flows among them; flows out of it go to ``into``."""
        key, label = encoded(stage.key), words.stage_label(stage, self.locale)
        if stage.final:
            return [Node(f"end.{key}", NodeKind.END, stage.key, label)], []
        task = Node(f"stage.{key}", NodeKind.TASK, stage.key, label)
        nodes, flows = [task], []
        rows = self.definition.transitions_from(stage.key)
        outcomes = [row for row in rows if row.by in OUTCOMES]
        for row in (row for row in rows if row.by not in OUTCOMES):
            name = words.row_label(row, self.locale)
            event = Node(f"event.{_named(row)}", NodeKind.EVENT, stage.key, name, row.by)
            nodes.append(event)
            self.leave(row, event.id)
        last = task.id
        if stage.settled_by_time:
            closing = Node(
                f"closing.{key}",
                NodeKind.EVENT,
                stage.key,
                self.worded("期限", "Last day"),
                "closing",
            )
            settled = Node(f"settled.{key}", NodeKind.JOIN, stage.key)
            nodes += [closing, settled]
            flows.append(Flow(f"flow.answered.{key}", task.id, settled.id))
            flows.append(Flow(f"flow.closed.{key}", closing.id, settled.id))
            last = settled.id
        if len(outcomes) > 1:
            # At a joint stage only what it comes to is asked; elsewhere what somebody decides.
            asked = self.worded(f"{label}の結果", f"Result of {label[:1].lower()}{label[1:]}")
            fork = Node(f"fork.{key}", NodeKind.FORK, stage.key, asked)
            nodes.append(fork)
            flows.append(Flow(f"flow.decided.{key}", last, fork.id))
            last = fork.id
        for row in outcomes:
            self.leave(row, last)
        return nodes, flows

    def leave(self, row: Transition, source: str) -> None:
        label = "" if source.startswith("event.") else words.row_label(row, self.locale)
        self.into[row.target].append((f"flow.{_named(row)}", source, label, row))

    def arrivals(self, stage: Stage) -> tuple[list[Node], Iterator[Flow]]:
        """The flows into a stage; where there are several they meet before it."""
        key = encoded(stage.key)
        target = f"end.{key}" if stage.final else f"stage.{key}"
        lines = self.into[stage.key]
        if len(lines) < 2:
            return [], (Flow(i, source, target, label, row) for i, source, label, row in lines)
        join = Node(f"join.{key}", NodeKind.JOIN, stage.key)
        flows = [Flow(i, source, join.id, label, row) for i, source, label, row in lines]
        return [join], iter([*flows, Flow(f"flow.met.{key}", join.id, target)])


def _named(row: Transition) -> str:
    return ".".join(encoded(part) for part in (row.source, row.action, row.target))
