"""The area of the board: its blueprint, on which several modules hang, and the board itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web import forms, frame
from web.core import actor, query
from web.frame import chosen_cycle, cycle_label
from web.words import stage_label
from workflow.errors import Fault
from workflow.policy import Permission, check
from workflow.queries import achievement, board, sheets
from workflow.queries.board import Board
from workflow.queries.sheets import CycleChoice
from workflow.sheet.achievement import LEVELS_FROM_THE_TOP

blueprint = Blueprint("progress", __name__)


def board_page(faults: Sequence[Fault] = (), chosen: Collection[int] = ()) -> ResponseReturnValue:
    """Where the sheets of the chosen cycle are, counted, and the late ones by name.

    Args:
        chosen: ids of the late ones whose boxes were ticked.
    """
    with query() as ctx:
        cycles = sheets.cycles(ctx)
        frame.shows(cycles)
        cycle = chosen_cycle(cycles)
        if cycle is None:
            return render_template("progress/empty.html")
        shown = board.board(ctx, cycle)
        shares = achievement.achievement(ctx, cycle, cycles)
        now = ctx.now
    html = render_template(
        "progress/index.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        board=shown,
        achievement=shares,
        before_label=cycle_label(shares.year_before) if shares.year_before else "",
        levels_counted=LEVELS_FROM_THE_TOP,
        done=_ready_to_publish(cycle, shown),
        late=shown.total.late,
        stages=tuple((stage.key, stage_label(stage)) for stage in shown.stages),
        follows_up=check(actor(), Permission.FOLLOW_UP) is None,
        may_nudge=check(actor(), Permission.NUDGE) is None,
        chosen=chosen,
        now=now,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


def _ready_to_publish(cycle: CycleChoice, shown: Board) -> int:
    """Sheets whose approval is finished: they wait for publication or are published."""
    finished = {
        key
        for row in cycle.definition.transitions
        if row.by == "publication"
        for key in (row.source, row.target)
    }
    return sum(
        cell.count
        for stage, cell in zip(shown.stages, shown.totals, strict=True)
        if stage.key in finished
    )
