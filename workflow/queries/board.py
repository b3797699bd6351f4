"""The collection board: departments × stages with counts, and by name what is late.

Late is what passed the end of its last day, by the office's cut-off. A sheet that is on hold
(保留) is counted apart and its days stand still from the day on which it was held.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.model import Definition, Stage, StageKind
from workflow.queries.action_labels import action_label
from workflow.queries.sheets import CycleChoice
from workflow.services import loading
from workflow.services.loading import LoadedEvaluation

#: So many late sheets the page lists by name; the file holds all.
MOST_LATE = 100


@dataclass(frozen=True)
class BoardCell:
    """The sheets of a department at a stage.

    Attributes:
        count: all of them.
        late: those past their last day; held ones too, if they were late before.
        held: those on hold.
        longest: calendar days by which the latest one is overdue; 0 where it is less than one.
    """

    count: int
    late: int
    held: int = 0
    longest: int = 0

    @property
    def late_thirds(self) -> int:
        """How many thirds of the sheets are late, a begun one included: 0 to 3."""
        return min(3, 1 + (3 * self.late - 1) // self.count) if self.late else 0

    def plus(self, other: BoardCell) -> BoardCell:
        """Both together."""
        return BoardCell(
            self.count + other.count,
            self.late + other.late,
            self.held + other.held,
            max(self.longest, other.longest),
        )


NOTHING = BoardCell(0, 0)


@dataclass(frozen=True)
class BoardRow:
    """One department on the board."""

    department_id: int
    department: str
    cells: tuple[BoardCell, ...]
    total: BoardCell


@dataclass(frozen=True)
class BoardLine:
    """One sheet by name, with what happened to it last.

    Attributes:
        days_overdue: calendar days past the last day; 0 on that day itself or before it.
        last_action: key and label of the last event; None when nothing was recorded.
        last_by: who did it; empty for the engine.
        holders: who has it, with their posts; filled only for the file.
    """

    id: int
    code: str
    measure: str
    department: str
    section: str
    stage: Stage
    since: datetime | None
    due_on: date | None
    late: bool
    held: bool
    days_overdue: int
    last_action: tuple[str, str] | None
    last_by: str
    last_at: datetime | None
    holders: str = ""


@dataclass(frozen=True)
class Board:
    """Departments down, stages across."""

    stages: tuple[Stage, ...]
    rows: tuple[BoardRow, ...]
    totals: tuple[BoardCell, ...]
    total: BoardCell
    late: tuple[BoardLine, ...]


_CELLS = sa.text("""
SELECT e.responsible_department_id AS department_id, u.name AS department, e.state,
       count(*) AS sheets, count(*) FILTER (WHERE s.due_at < coalesce(s.held_at, :now)) AS late,
       count(s.held_at) AS held,
       coalesce(max(CAST(coalesce(s.held_at, :now) AT TIME ZONE 'Asia/Tokyo' AS date) - s.due_on)
                FILTER (WHERE s.due_at < coalesce(s.held_at, :now)), 0) AS longest
FROM evaluation e
JOIN org_unit u ON u.id = e.responsible_department_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = :cycle
GROUP BY e.responsible_department_id, u.name, u.sort_order, e.state
ORDER BY u.sort_order, u.name
""")
# The sheets are chosen first; only for these the last event is looked up.
_LINES = """
SELECT x.*, v.action, v.from_state, v.to_state, v.occurred_at, p.name AS person FROM (
    SELECT e.id, e.code, m.name AS measure, d.name AS department, l.name AS section, e.state,
           s.entered_at, s.due_on, s.due_at, s.held_at,
           coalesce(s.due_at < coalesce(s.held_at, :now), false) AS late,
           greatest(0, CAST(coalesce(s.held_at, :now) AT TIME ZONE 'Asia/Tokyo' AS date)
                       - s.due_on) AS days_overdue
    FROM evaluation e
    JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
    JOIN org_unit d ON d.id = e.responsible_department_id
    JOIN org_unit l ON l.id = e.lead_section_id
    LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
    WHERE e.cycle_id = :cycle {only}
) x
LEFT JOIN LATERAL (
    SELECT * FROM event WHERE evaluation_id = x.id ORDER BY sequence DESC LIMIT 1
) v ON true
LEFT JOIN person p ON p.id = v.person_id
ORDER BY {order}
"""
_LATE = sa.text(
    _LINES.format(
        only="AND s.due_at < coalesce(s.held_at, :now) ORDER BY s.due_at, e.code LIMIT :most",
        order="x.due_at, x.code",
    )
)
_ALL = sa.text(_LINES.format(only="", order="x.code, x.id"))


def board(ctx: Context, cycle: CycleChoice) -> Board:
    """Where the sheets of a cycle are, and which are late; two statements."""
    cells: dict[tuple[int, str], BoardCell] = {}
    names: dict[int, str] = {}
    for row in ctx.execute(_CELLS, {"cycle": cycle.id, "now": ctx.now}):
        names[row.department_id] = row.department
        cells[(row.department_id, row.state)] = BoardCell(
            row.sheets, row.late, row.held, row.longest
        )
    met = {state for _department, state in cells}
    stages = tuple(
        stage
        for stage in cycle.definition.stages
        if stage.kind is not StageKind.ENDED or stage.key in met
    )
    rows = []
    sums: dict[str, BoardCell] = defaultdict(lambda: NOTHING)
    for department_id, name in names.items():
        own = tuple(cells.get((department_id, stage.key), NOTHING) for stage in stages)
        rows.append(BoardRow(department_id, name, own, together(own)))
        for stage, cell in zip(stages, own, strict=True):
            sums[stage.key] = sums[stage.key].plus(cell)
    totals = tuple(sums[stage.key] for stage in stages)
    late = ctx.execute(_LATE, {"cycle": cycle.id, "now": ctx.now, "most": MOST_LATE}).all()
    return Board(
        stages,
        tuple(rows),
        totals,
        together(totals),
        tuple(_line(cycle.definition, row) for row in late),
    )


def together(cells: tuple[BoardCell, ...]) -> BoardCell:
    """The sum of some cells."""
    total = NOTHING
    for cell in cells:
        total = total.plus(cell)
    return total


def all_lines(ctx: Context, cycle: CycleChoice) -> tuple[BoardLine, ...]:
    """Every sheet of a cycle by code and who has it, for the file; statements as for one sheet."""
    rows = ctx.execute(_ALL, {"cycle": cycle.id, "now": ctx.now}).all()
    loaded = loading.evaluations(ctx, [row.id for row in rows], locked=False)
    return tuple(
        replace(_line(cycle.definition, row), holders=_holders(loaded[row.id])) for row in rows
    )


def _holders(evaluation: LoadedEvaluation) -> str:
    """Everybody who may act, each once; nobody where the stage is a final one."""
    stage = evaluation.definition.stage(evaluation.facts.state)
    found = eligible(evaluation.definition, stage, evaluation.facts).holders
    people = {holder.person_id: f"{holder.title} {holder.name}" for holder in found}
    return "、".join(people.values())


def _line(definition: Definition, row: sa.Row[Any]) -> BoardLine:
    last = None
    if row.action is not None:
        label = action_label(definition, row.from_state, row.action, row.to_state)
        last = (row.action, label)
    return BoardLine(
        id=row.id,
        code=row.code,
        measure=row.measure,
        department=row.department,
        section=row.section,
        stage=definition.stage(row.state),
        since=row.entered_at,
        due_on=row.due_on,
        late=row.late,
        held=row.held_at is not None,
        days_overdue=row.days_overdue or 0,
        last_action=last,
        last_by=row.person or "",
        last_at=row.occurred_at,
    )
