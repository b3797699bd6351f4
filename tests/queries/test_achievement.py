"""The share judged 達成 or ほぼ達成, by pillar and department, beside the year before."""

from __future__ import annotations

from decimal import Decimal

from tests.city import City
from tests.conftest import QueryCounter
from tests.other_cycles import open_other_cycle, texts_of
from tests.plans import large_plan, take_in
from tests.sample_people import SHEETS
from workflow.application import Application
from workflow.models import CycleKind
from workflow.policy import SYSTEM
from workflow.queries import achievement, sheets
from workflow.queries.achievement import Achievement
from workflow.sheet.achievement import Share


def shares(city: City, year: int = 2021) -> Achievement:
    with city.application.query(SYSTEM) as ctx:
        cycles = sheets.cycles(ctx)
        cycle = next(one for one in cycles if one.target_fiscal_year == year)
        return achievement.achievement(ctx, cycle, cycles)


def ratings(city: City) -> dict[str, int]:
    """As the database holds them, counted apart from the query under test."""
    rows = city.rows(
        "SELECT e.code, (w.fields ->> 'rating')::int AS rating FROM evaluation e"
        " JOIN working_copy w ON w.evaluation_id = e.id"
    )
    return {row.code: row.rating for row in rows}


def test_without_an_earlier_cycle_there_is_nothing_beside(city: City) -> None:
    found = shares(city)

    assert found.year_before is None
    assert {line.before for line in (found.total, *found.pillars, *found.departments)} == {None}


def test_a_cycle_of_another_kind_or_year_is_not_the_year_before(city: City) -> None:
    open_other_cycle(city, {}, kind=CycleKind.INTERIM)
    open_other_cycle(city, {}, year=2019)

    assert shares(city).year_before is None


def test_the_share_follows_what_is_written_at_once(city: City) -> None:
    before = ratings(city)
    upper = sum(1 for rating in before.values() if rating >= 3)
    assert shares(city).total.now == Share(5, 5, upper)

    city.save("611", rating=2)
    city.save("632", rating=None)

    now = ratings(city)
    expected = sum(1 for rating in now.values() if rating is not None and rating >= 3)
    assert shares(city).total.now == Share(5, 4, expected)


def test_every_sheet_is_in_one_pillar_and_one_department(city: City) -> None:
    found = shares(city)

    assert [line.name for line in found.departments] == ["総合政策部", "市民自治部", "総務部"]
    for lines in (found.pillars, found.departments):
        assert sum(line.now.sheets for line in lines) == len(SHEETS)
        assert sum(line.now.counted for line in lines) == found.total.now.counted


def test_the_year_before_stands_beside(city: City) -> None:
    fields = {code: texts_of(city, code, rating=4) for code in SHEETS}
    fields["611"]["rating"] = 1
    open_other_cycle(city, fields)

    found = shares(city)
    by_name = {line.name: line for line in found.departments}

    assert found.year_before is not None
    assert found.year_before.target_fiscal_year == 2020
    assert found.total.before == Share(5, 5, 4)
    assert found.total.before.percent == Decimal("80.0")
    assert by_name["市民自治部"].before == Share(1, 1, 0)
    assert by_name["総務部"].before == Share(1, 1, 1)
    assert [line.before for line in found.pillars] == [Share(5, 5, 4)]


def test_one_statement_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    take_in(application, large_plan(60, 1))
    with application.query(SYSTEM) as ctx:
        cycles = sheets.cycles(ctx)
        with query_counter(application) as counted:
            achievement.achievement(ctx, cycles[0], cycles)

    assert len(counted) == 1
