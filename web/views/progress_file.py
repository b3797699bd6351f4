"""The board as a file: for a spreadsheet with everything, and the list of sheets as CSV."""

from __future__ import annotations

import io
import re

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from web.access import access
from web.core import query
from web.frame import chosen_cycle, cycle_label
from web.language import gettext as _
from web.sheet_story import what_happened
from web.views.progress_area import blueprint
from web.words import stage_label
from workflow.errors import NotFound
from workflow.exchange.table_writing import Table, Value, comma_separated, workbook
from workflow.policy import Permission
from workflow.queries import board, sheets
from workflow.queries.board import Board, BoardCell, BoardLine

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What no file system and no header takes in a name.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')


@blueprint.get("/progress.xlsx")
@access(Permission.READ)
def as_workbook() -> ResponseReturnValue:
    """The board, department by department and stage, and every sheet.

    Raises:
        NotFound: ``no_such_page``: there is no cycle.
    """
    name, shown, lines = _everything()
    tables = [_counts(shown), _cells(shown), _list(lines)]
    return _file(workbook(tables), XLSX, f"{name}.xlsx")


@blueprint.get("/progress.csv")
@access(Permission.READ)
def as_csv() -> ResponseReturnValue:
    """Every sheet, one a line.

    Raises:
        NotFound: ``no_such_page``: there is no cycle.
    """
    name, _shown, lines = _everything()
    return _file(comma_separated(_list(lines)), "text/csv", f"{name}.csv")


def _everything() -> tuple[str, Board, tuple[BoardLine, ...]]:
    with query() as ctx:
        cycle = chosen_cycle(sheets.cycles(ctx))
        if cycle is None:
            raise NotFound("no_such_page")
        label = _NOT_IN_NAMES.sub("_", cycle_label(cycle))
        name = f"{_('進捗')}_{label}_{ctx.today:%Y%m%d}"
        return name, board.board(ctx, cycle), board.all_lines(ctx, cycle)


def _file(content: bytes, kind: str, name: str) -> Response:
    # The charset of a text is added to its type; a second one would make a browser guess.
    return send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name)


def _counts(shown: Board) -> Table:
    """As on the page: departments down, stages across."""
    rows: list[tuple[Value, ...]] = [
        (row.department, *(cell.count for cell in row.cells), row.total.count) for row in shown.rows
    ]
    totals: tuple[Value, ...] = (_("計"), *(cell.count for cell in shown.totals), shown.total.count)
    return Table(
        _("進捗"),
        (_("評価部局"), *(stage_label(stage) for stage in shown.stages), _("計")),
        (*rows, totals),
    )


def _cells(shown: Board) -> Table:
    """One line for each cell, to be summed up elsewhere."""
    return Table(
        _("部局と段階"),
        (_("評価部局"), _("段階"), _("シート"), _("超過"), _("保留"), _("最長の超過日数")),
        tuple(
            (row.department, stage_label(stage), *_figures(cell))
            for row in shown.rows
            for stage, cell in zip(shown.stages, row.cells, strict=True)
        ),
    )


def _figures(cell: BoardCell) -> tuple[int, int, int, int]:
    return cell.count, cell.late, cell.held, cell.longest


def _list(lines: tuple[BoardLine, ...]) -> Table:
    headings = (
        _("番号"), _("実施施策"), _("評価部局"), _("主担当課"), _("段階"), _("担当"), _("期限"),
        _("超過日数"), _("保留"), _("最後の動き"), _("動いた人"), _("動いた日時"),
    )  # fmt: skip
    return Table(
        _("シート"),
        headings,
        tuple(
            (
                line.code,
                line.measure,
                line.department,
                line.section,
                stage_label(line.stage),
                line.holders,
                line.due_on,
                line.days_overdue if line.late else 0,
                _("保留中") if line.held else "",
                what_happened(*line.last_action) if line.last_action else "",
                line.last_by,
                line.last_at,
            )
            for line in lines
        ),
    )
