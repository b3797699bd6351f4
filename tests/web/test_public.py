"""What the public reads: the snapshot, in words and as data, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.city import City
from tests.databases import Database
from tests.sample_people import DRAFTERS
from tests.web.site import Browser, Site, links, text_of
from web.published import added, grouped, known_sum, stories, tally
from web.views import public
from web.words import printed
from workflow.application import Application
from workflow.policy import SYSTEM
from workflow.queries import publications

HOME = "/public/ex_post-2021-1"


@pytest.fixture
def citizen(site: Site) -> Browser:
    """Somebody at home."""
    return site.browser()


def data(browser: Browser, path: str) -> Any:
    response = browser.get(path)
    assert response.status_code == 200, path
    return json.loads(response.text)


def test_nothing_is_public_before_it_is_published(city: City, citizen: Browser) -> None:
    city.bring_to("611", "approved")

    assert "まだ公表されたものはありません。" in text_of(citizen.get("/public/").text)
    for path in (f"{HOME}/", f"{HOME}/measures/611", f"{HOME}/index.json"):
        assert citizen.get(path).status_code == 404, path


def test_one_reads_from_the_year_to_the_measure_by_links(city: City, citizen: Browser) -> None:
    city.publish(["611", "612"])

    front = links(citizen.get("/public/").text)
    overview = links(citizen.get(f"{HOME}/").text)
    policy = links(citizen.get(f"{HOME}/policies/61").text)

    assert f"{HOME}/" in front
    assert {f"{HOME}/policies/61", f"{HOME}/measures/611"} <= set(overview)
    assert f"{HOME}/measures/612" in policy


def test_only_what_was_published_is_there(city: City, citizen: Browser) -> None:
    city.publish(["611"])
    city.bring_to("612", "approved")

    assert citizen.get(f"{HOME}/measures/612").status_code == 404
    assert "612" not in text_of(citizen.get(f"{HOME}/").text)


def test_a_measure_says_what_how_well_and_how_much(city: City, citizen: Browser) -> None:
    city.publish(["611"])

    said = text_of(citizen.get(f"{HOME}/measures/611").text)

    for part in (
        "めざしたこと",
        "行ったことと成果",
        "目標に届いたか",
        "かかったお金",
        "これからすること",
    ):
        assert part in said
    assert "令和3年度の目標は2件、実績は3件でした。（達成率150.0％）" in said
    assert "4段階中3" in said
    assert "かかった事業費 41万円" in said


def test_the_foot_tells_the_state_of_the_record(city: City, citizen: Browser) -> None:
    city.publish(["611"])
    content_hash = data(citizen, f"{HOME}/measures/611.json")["record"]["content_sha256"]

    foot = text_of(citizen.get(f"{HOME}/measures/611").text).partition("この記録について")[2]

    assert "最終承認令和4年6月1日（水）" in foot.replace(" ", "")
    assert "第1版（令和4年6月1日（水）公表）" in foot
    assert content_hash in foot


def test_a_live_change_leaves_the_public_page_as_it_was(
    city: City, citizen: Browser, city_database: Database
) -> None:
    city.publish(["611"])
    before = {path: citizen.get(path).text for path in (f"{HOME}/measures/611", f"{HOME}/")}

    with city.application.engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE indicator_figure SET actual_value = 99, actual_text = '99'"
        )
        connection.exec_driver_sql("UPDATE measure SET name = '別の名前'")
        connection.commit()

    assert {path: citizen.get(path).text for path in before} == before


def test_a_second_publication_keeps_the_first_day_of_what_was_there(
    city: City, citizen: Browser, clock: Any
) -> None:
    city.publish(["611"])
    clock.forward(days=30)
    city.publish(["612"])

    old = data(citizen, f"{HOME}/measures/611.json")
    new = data(citizen, f"{HOME}/measures/612.json")

    assert old["cycle"]["version"] == new["cycle"]["version"] == 2
    assert old["record"]["first_published_at"].startswith("2022-06-01")
    assert new["record"]["first_published_at"].startswith("2022-07-01")


def test_the_data_says_what_the_page_says(city: City, citizen: Browser) -> None:
    codes = ["611", "612", "621", "631", "632"]
    city.publish(codes)

    for code in codes:
        said = text_of(citizen.get(f"{HOME}/measures/{code}").text)
        record = data(citizen, f"{HOME}/measures/{code}.json")
        for indicator in record["indicators"]:
            assert indicator["name"] in said
            for year in indicator["years"]:
                for figure in (year["target"], year["actual"]):
                    assert figure is None or printed(figure["text"]) in said
        for project in record["projects"]:
            assert project["name"] in said
            assert f"{project['project_cost_thousand_yen']:,}" in said
        assert f"{record['total_project_cost_thousand_yen']:,}" in said


def test_the_costs_of_the_five_sheets_are_those_that_were_printed(
    city: City, citizen: Browser
) -> None:
    city.publish(["611", "612", "621", "631", "632"])
    index = data(citizen, f"{HOME}/index.json")

    costs = {
        measure["code"]: measure["total_project_cost_thousand_yen"]
        for pillar in index["pillars"]
        for policy in pillar["policies"]
        for measure in policy["measures"]
    }

    assert costs == {"611": 410, "612": 105911, "621": 162184, "631": 1354422, "632": 31187}
    assert index["summary"]["total_project_cost_thousand_yen"] == sum(costs.values())
    assert index["summary"]["indicators"]["total"] == 15


def test_figures_are_exact_texts_and_years_stand_in_both_calendars(
    city: City, citizen: Browser
) -> None:
    city.publish(["611"])
    record = data(citizen, f"{HOME}/measures/611.json")
    year = record["indicators"][0]["years"][-1]

    def no_float(value: Any) -> None:
        assert not isinstance(value, float), value
        for inner in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            no_float(inner)

    no_float(record)
    assert year["fiscal_year"] == 2024
    assert year["fiscal_year_japanese"] == "令和6年度"
    assert Decimal(record["indicators"][0]["years"][1]["actual"]["value"]) == 3


def test_the_index_leads_to_every_measure(city: City, citizen: Browser) -> None:
    city.publish(["611", "612"])
    index = data(citizen, f"{HOME}/index.json")

    for measure in index["pillars"][0]["policies"][0]["measures"]:
        assert data(citizen, measure["href"])["measure"]["name"] == measure["name"]


def test_data_has_its_type_and_may_be_read_from_elsewhere(city: City, citizen: Browser) -> None:
    city.publish(["611"])

    response = citizen.get(f"{HOME}/measures/611.json")

    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/index.json", "/measures/611.json", "/", "/measures/611"])
def test_what_did_not_change_is_not_sent_again(city: City, citizen: Browser, path: str) -> None:
    city.publish(["611"])
    tag = citizen.get(HOME + path).headers["ETag"]

    same = citizen.get(HOME + path, headers={"If-None-Match": tag})
    city.publish(["612"])
    other = citizen.get(HOME + path, headers={"If-None-Match": tag})

    assert (same.status_code, same.data) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/ex_post-2021-2/", "/ex_post-1999-1/", "/interim-2021-1/", "/nonsense-2021-1/",
        "/ex_post-2021-1/policies/99", "/ex_post-2021-1/measures/999",
        "/ex_post-2021-1/measures/999.json", "/ex_post-99999-1/", "/ex_post-2021/", "/x",
        "/ex_post-2021-1/measures/%E2%98%86", "/ex_post-2021-1/measures/'%20OR%201=1",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found_in_the_public_frame(
    city: City, citizen: Browser, path: str
) -> None:
    city.publish(["611"])

    response = citizen.get(f"/public{path}")

    assert response.status_code == 404
    if response.mimetype == "text/html":
        assert "公表された評価の一覧へ" in response.text
        assert "行政評価の公表" in response.text


def test_staff_see_the_same_page_as_everybody(city: City, site: Site, citizen: Browser) -> None:
    city.publish(["611"])

    assert site.signed_in(DRAFTERS["611"]).get(f"{HOME}/").text == citizen.get(f"{HOME}/").text


@pytest.mark.parametrize(
    ("thousand", "ja", "en"),
    [
        (410, "41万円", "¥410,000"),
        (3, "3,000円", "¥3,000"),
        (0, "0円", "¥0"),
        (31187, "約3,119万円", "¥31.2 million"),
        (1354422, "約13億5,442万円", "¥1,354.4 million"),
        (1000000, "10億円", "¥1,000.0 million"),
        (None, "－", "－"),
    ],
)
def test_sums_are_said_as_people_say_them(
    site: Site, thousand: int | None, ja: str, en: str
) -> None:
    with site.app.test_request_context("/public/?lang=ja"):
        assert public.yen(thousand) == ja
    with site.app.test_request_context("/public/?lang=en"):
        assert public.yen(thousand) == en


def test_the_tally_counts_what_the_verdicts_say(city: City, application: Application) -> None:
    city.publish(["611", "612", "621", "631", "632"])
    with application.query(SYSTEM) as ctx:
        cycle, sheets = publications.public_sheets(ctx, "ex_post", 2021, 1)
    published = grouped(cycle, sheets)

    for sheet in sheets:
        verdicts = [story.verdict.value for story in stories(sheet.content)]
        counted = tally(sheet.content)
        assert counted.total == len(verdicts)
        assert counted.achieved == verdicts.count("achieved")
        assert counted.nearly == verdicts.count("nearly_achieved")
        assert counted.missed == verdicts.count("not_achieved")
    assert published.tally == added(tally(sheet.content) for sheet in sheets)
    assert [policy.policy.code for policy in published.policies] == ["61", "62", "63"]


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert known_sum([1, 2]) == 3
    assert known_sum([1, None]) is None
    assert known_sum([]) == 0
