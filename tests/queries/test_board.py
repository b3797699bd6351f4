"""The collection board: counted by department and stage, and what is late by name."""

from __future__ import annotations

from datetime import date, time

from tests.authority import hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import REVIEWERS
from workflow.application import Application
from workflow.policy import SYSTEM
from workflow.queries import board, sheets
from workflow.queries.board import Board, BoardCell, BoardLine
from workflow.queries.sheets import CycleChoice


def cycle(city: City) -> CycleChoice:
    with city.application.query(SYSTEM) as ctx:
        return sheets.cycles(ctx)[0]


def board_of(city: City) -> Board:
    choice = cycle(city)
    with city.application.query(SYSTEM) as ctx:
        return board.board(ctx, choice)


def lines(city: City) -> tuple[BoardLine, ...]:
    choice = cycle(city)
    with city.application.query(SYSTEM) as ctx:
        return board.all_lines(ctx, choice)


def test_the_board_counts_by_department_and_stage_and_says_what_is_late(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    city.bring_to("612", "approved")
    clock.set(date(2022, 6, 23))

    page = board_of(city)

    assert [stage.key for stage in page.stages] == [
        "draft", "department_review", "bureau_approval", "approved", "published",
    ]  # fmt: skip
    rows = {row.department: [(cell.count, cell.late) for cell in row.cells] for row in page.rows}
    nothing = (0, 0)
    assert rows == {
        "総合政策部": [(2, 2), nothing, nothing, (1, 0), nothing],
        "市民自治部": [nothing, (1, 0), nothing, nothing, nothing],
        "総務部": [(1, 1), nothing, nothing, nothing, nothing],
    }
    assert [(cell.count, cell.late) for cell in page.totals] == [
        (3, 3), (1, 0), nothing, (1, 0), nothing,
    ]  # fmt: skip
    assert page.total == BoardCell(5, 3, 0, 1)
    assert [line.code for line in page.late] == ["621", "631", "632"]


def test_a_draft_is_late_after_the_cut_off_and_not_before(city: City, clock: Clock) -> None:
    clock.set(date(2022, 6, 22), time(17, 15))
    assert board_of(city).late == ()
    clock.forward(seconds=1)
    assert len(board_of(city).late) == 5
    assert board_of(city).total == BoardCell(5, 5, 0, 0)


def test_what_is_held_is_counted_apart_and_its_days_stand_still(city: City, clock: Clock) -> None:
    city.submit("611")
    city.submit("632")
    clock.set(date(2022, 7, 8))
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2022, 7, 20))

    found = {row.department: row.cells[1] for row in board_of(city).rows}
    by_code = {line.code: line for line in board_of(city).late}

    assert found["市民自治部"] == BoardCell(1, 1, 1, 2)
    assert found["総務部"] == BoardCell(1, 1, 0, 14)
    assert (by_code["611"].held, by_code["611"].days_overdue) == (True, 2)
    assert (by_code["632"].held, by_code["632"].days_overdue) == (False, 14)


def test_a_late_sheet_says_who_did_what_last_and_when(city: City, clock: Clock) -> None:
    clock.set(date(2022, 6, 20))
    city.submit("611")
    clock.set(date(2022, 7, 8))

    [late] = [line for line in board_of(city).late if line.code == "611"]

    assert late.last_action == ("submit", "提出する")
    assert (late.last_by, late.last_at and late.last_at.date()) == ("佐藤 一郎", date(2022, 6, 20))


def test_the_list_for_the_file_holds_every_sheet_late_or_not(city: City) -> None:
    assert [(line.code, line.late, line.days_overdue) for line in lines(city)] == [
        (code, False, 0) for code in ("611", "612", "621", "631", "632")
    ]


def test_the_board_takes_two_statements_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter, clock: Clock
) -> None:
    take_in(application, large_plan(60, 1))
    clock.set(date(2022, 7, 8))
    choice = cycle(city)

    with application.query(SYSTEM) as ctx, query_counter(application) as counted:
        found = board.board(ctx, choice)

    assert found.total.count > 60
    assert len(counted) == 2
