"""The forecast page: figures, line and table say the same, and the method is said in words."""

from __future__ import annotations

import re
from datetime import date

import sqlalchemy as sa

from tests.authority import hold
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, REVIEWERS
from tests.web.site import Site, text_of
from workflow.policy import SYSTEM, Permission

PATH = "/progress/forecast"


def test_without_dates_the_page_says_so(city: City, site: Site) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("DELETE FROM cycle_deadline"))

    assert "見込みを立てられません。" in text_of(site.signed_in(DRAFTERS["611"]).get(PATH).text)


def test_the_page_says_the_share_the_few_that_matter_and_the_method(
    city: City, site: Site, clock: Clock
) -> None:
    clock.set(date(2022, 6, 3))
    city.bring_to("611", "approved")
    clock.set(date(2022, 6, 24))
    city.submit("632")
    hold(city, REVIEWERS["632"], "632")
    html = site.signed_in(DRAFTERS["611"]).get(PATH).text
    said = text_of(html)

    # Of four drafts that waited 17 open days, two past the last day, one left: one quarter for each
    # of the three. Half of the reviews are known; the plan stands in for the other half, in time.
    assert "35.0%" in said
    assert "5件のうち 1.8件の見込み（今日までに1件）" in said
    assert "保留中のシート（1件）は、" in said
    assert "乱数は使わない" in said
    latest = html.partition('id="latest"')[2].partition("</table>")[0]
    assert re.findall(r'row-link__code">(\d+)<', latest) == ["632", "612", "621", "631"]
    # Each stage in its own look: three drafts and a review.
    assert (latest.count("chip--neutral"), latest.count("chip--info")) == (3, 1)
    assert "公表予定日より後" in latest


def test_the_line_ends_where_the_table_ends(city: City, site: Site, clock: Clock) -> None:
    clock.set(date(2022, 6, 3))
    city.bring_to("611", "approved")
    html = site.signed_in(DRAFTERS["611"]).get(PATH).text

    drawn = re.findall(r'burn-up__(?:seen|expected)" points="([^"]*)"', html)
    table = html.partition('id="burn-up"')[2].partition("</table>")[0]
    points = drawn[0].split(" ") + drawn[1].split(" ")[1:]
    assert len(points) == table.count('<th scope="row"')
    assert drawn[1].split(" ")[0] == drawn[0].split(" ")[-1]
    last = re.findall(r'<td class="number">([\d.]+)</td>', table)[-1]
    height = 216 - round(200 * float(last) / 5)
    assert points[-1] == f"620,{height}"


def test_after_the_publication_date_the_page_still_answers(
    city: City, site: Site, clock: Clock
) -> None:
    clock.set(date(2022, 12, 1))

    assert "過ぎています" in text_of(site.signed_in(DRAFTERS["611"]).get(PATH).text)


def test_the_board_leads_to_the_forecast(site: Site) -> None:
    assert PATH in site.signed_in(DRAFTERS["611"]).get("/progress").text
