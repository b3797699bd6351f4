"""The collection board: who is late, in numbers and words."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import DRAFTERS
from tests.web.site import Browser, Site, text_of
from workflow.application import Application
from workflow.queries.board import BoardCell


@pytest.fixture
def reader(site: Site) -> Browser:
    """Anybody of the staff."""
    return site.signed_in(DRAFTERS["611"])


def test_the_board_counts_every_sheet_once(city: City, reader: Browser) -> None:
    city.bring_to("611", "approved")
    city.bring_to("632", "department_review")

    html = reader.get("/progress").text
    foot = html.partition("<tfoot>")[2].partition("</tfoot>")[0]

    assert "承認が終わったシート 1 / 5件" in text_of(html)
    assert re.findall(r'number">(\d+)<', foot) == ["3", "1", "0", "1", "0", "5"]


def test_the_whole_page_is_ten_statements_whatever_the_number_of_sheets(
    application: Application, reader: Browser, query_counter: QueryCounter
) -> None:
    def statements() -> int:
        reader.get("/progress")
        with query_counter(application) as counted:
            assert "承認が終わったシート" in reader.get("/progress").text
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert (few, statements()) == (10, 10)


def test_a_number_leads_to_its_sheets(city: City, reader: Browser) -> None:
    city.bring_to("632", "department_review")
    html = reader.get("/progress").text
    href = next(
        part.partition('"')[0].replace("&amp;", "&")
        for part in html.split('href="')
        if "state=department_review" in part.partition('"')[0]
    )

    listed = text_of(reader.get(href).text)

    assert "632" in listed
    assert "611" not in listed


def test_what_is_late_is_named_longest_first(
    city: City, site: Site, clock: Clock, application: Application
) -> None:
    city.bring_to("611", "department_review")
    due = city.scalar("SELECT max(due_on) FROM cycle_deadline WHERE stage = 'department_review'")
    clock.set(date.fromordinal(due.toordinal() + 3))
    html = site.signed_in(DRAFTERS["611"]).get("/progress").text

    late = text_of(html.partition('id="late"')[2].join(("<main>", "</main>")))

    assert "3日超過" in late
    assert late.index("632") < late.index("611")
    assert "期限を過ぎているシートが5件あります。" in text_of(html)


def test_nothing_late_is_a_good_state(reader: Browser) -> None:
    assert "期限を過ぎているシートはありません。" in text_of(reader.get("/progress").text)


def test_the_share_stands_above_and_by_pillar_and_department(city: City, reader: Browser) -> None:
    city.save("611", rating=1)
    html = reader.get("/progress").text
    said = text_of(html)

    rated = city.rows("SELECT (fields ->> 'rating')::int AS rating FROM working_copy")
    counted = sum(row.rating >= 3 for row in rated)
    percent = f"{counted * 20}.0%"
    assert f"達成・ほぼ達成と評価された割合 {percent} （昨年度 －）" in said
    assert f"計 {percent} － {counted} / 5 5" in said
    assert "市民自治部 0.0% － 0 / 1 1" in said
    assert "昨年度の同じ種類の評価サイクルがないため" in said


@pytest.mark.parametrize(
    ("count", "late", "expected"),
    [(5, 0, 0), (0, 0, 0), (3, 1, 1), (3, 2, 2), (3, 3, 3), (10, 1, 1), (10, 4, 2), (10, 7, 3)],
)
def test_the_shade_grows_with_the_share_of_late_sheets(
    count: int, late: int, expected: int
) -> None:
    assert BoardCell(count, late).late_thirds == expected
