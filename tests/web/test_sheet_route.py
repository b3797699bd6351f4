"""The route of a sheet as a page: where it is, who has it, what leads out, as picture and table."""

from __future__ import annotations

import re

import pytest

from tests.authority import reply
from tests.city import ROUTE, City, on_route
from tests.sample_people import APPROVER, BUREAUS_OWN, DRAFTERS, REVIEWERS
from tests.web.site import Browser, Site, links, site_of, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def address(city: City, code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}/route"


def rows(html: str) -> dict[str, str]:
    """Stage → what its row of the table says."""
    body = html.partition('id="route-table"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    said = [text_of(f"<main>{row}</main>") for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]
    return {row.split(" ", 1)[0]: row for row in said}


def marked(html: str) -> tuple[list[str], int, int]:
    """The rows marked as present; how many places the picture marks as present, and as passed."""
    present = re.findall(r'<tr[^>]*aria-current="step"[^>]*>\s*<th[^>]*>(.*?)</th>', html)
    picture = html.partition("<svg")[2].partition('<ul class="route-legend"')[0]
    here = len(re.findall(r"route-map__(?:task|end)--current", picture))
    return present, here, picture.count("route-map__task--done")


def opened(city: City, name: str = APPROVER) -> Browser:
    return site_of(city.application, city.passwords).signed_in(name)


def test_a_sheet_that_is_not_there_has_no_route(site: Site) -> None:
    assert site.signed_in(DRAFTER).get("/sheets/999999/route").status_code == 404


def test_looking_at_the_route_writes_nothing_and_does_not_open_the_sheet(
    site: Site, city: City
) -> None:
    city.submit("611")
    browser = site.signed_in(REVIEWER)
    before = city.counts()

    assert browser.get(address(city)).status_code == 200

    assert city.counts() == before
    assert city.scalar("SELECT count(*) FROM stage_entry WHERE first_opened_at IS NOT NULL") == 0


@pytest.mark.parametrize("stage", ROUTE)
def test_the_place_is_marked_wherever_the_sheet_is(site: Site, city: City, stage: str) -> None:
    city.bring_to("611", stage)
    label = city.page(DRAFTER, "611").stage.label

    html = site.signed_in(DRAFTER).get(address(city)).text

    assert marked(html) == ([label], 1, ROUTE.index(stage))
    assert "いまここ" in rows(html)[label]
    assert f"いまは「{label}」。" in html.partition("<desc")[2].partition("</desc>")[0]


def test_what_came_back_is_not_said_to_have_passed(site: Site, city: City) -> None:
    city.bring_to("611", "bureau_approval")
    city.give_back("611", target="draft")

    html = site.signed_in(DRAFTER).get(address(city)).text

    assert marked(html) == (["作成中"], 1, 0)
    assert "これから" in rows(html)["部局審査"]


def test_an_end_is_a_place_as_well_and_nothing_is_to_come(site: Site, city: City) -> None:
    city.act(DRAFTER, "611", "abandon", reason="ほかのシートに統合します。")

    html = site.signed_in(DRAFTER).get(address(city)).text

    assert marked(html)[:2] == (["廃案"], 1)
    assert "これから" not in text_of(html)


@pytest.mark.parametrize("code", ["611", BUREAUS_OWN[0]])
def test_it_says_who_did_who_has_and_who_would_have_it(site: Site, city: City, code: str) -> None:
    city.submit(code)

    said = rows(site.signed_in(DRAFTER).get(address(city, code)).text)

    holder = city.page(DRAFTER, code).holders[0]
    drafter = city.actor(DRAFTERS[code])
    assert f"{drafter.capacity} {drafter.name}" in said["作成中"]
    assert f"{holder.title} {holder.name}" in said["部局審査"]
    assert "評価部局の長、処理できないときは評価部局の次長" in said["部局審査"]
    assert city.actor(APPROVER).name in said["総合政策部承認"]
    assert "令和4年" in said["部局審査"]
    assert "あと" in said["部局審査"]


def test_every_way_out_of_every_stage_is_in_the_table_with_who_else_walks_it(
    site: Site, city: City
) -> None:
    definition = city.page(DRAFTER, "611").definition

    said = rows(site.signed_in(DRAFTER).get(address(city)).text)

    for row in definition.transitions:
        target = definition.stage(row.target).label
        assert f"{row.label} → {target}" in said[definition.stage(row.source).label]
    assert "後閲とする → 総合政策部承認 自動（全員が不在のとき）" in said["部局審査"]
    assert "引き戻す → 作成中 この段階へ進めた人" in said["部局審査"]


def test_the_picture_holds_every_word_of_the_definition(site: Site, city: City) -> None:
    definition = city.page(DRAFTER, "611").definition

    html = site.signed_in(DRAFTER).get(address(city)).text

    picture = html.partition("</defs>")[2].partition("</svg>")[0]
    letters = re.sub(r"<[^>]+>|\s", "", picture)
    for label in [s.label for s in definition.stages] + [r.label for r in definition.transitions]:
        assert label in letters
    assert "style=" not in html
    assert 'role="img" aria-labelledby="route-title route-desc"' in html


@on_route("joint_external")
def test_at_a_joint_stage_those_are_named_who_have_not_answered(route_city: City) -> None:
    route_city.submit("612")
    route_city.approve("612")
    reply(route_city, "ogawa.tetsuo", "612")

    html = opened(route_city).get(address(route_city, "612")).text

    assert marked(html) == (["合議"], 1, 2)
    assert "小川 哲夫" not in rows(html)["合議"]
    assert "市議会事務局長 久保田 勝、市民自治部長 高橋 典子" in rows(html)["合議"]
    assert "route-map__picture--wide" in html


@on_route("two_levels")
def test_another_route_is_another_picture(route_city: City) -> None:
    html = opened(route_city).get(address(route_city)).text

    assert list(rows(html))[:3] == ["作成中", "課長審査", "部局審査"]
    assert "引き上げる → 部局審査 評価部局の長" in rows(html)["課長審査"]


def test_in_english_only_names_of_people_are_japanese(site: Site, city: City) -> None:
    city.submit("611")
    browser = site.signed_in(DRAFTER)
    browser.post("/language", {"locale": "en"})

    html = browser.get(address(city)).text

    main = html.partition("<main")[2].partition("</main>")[0]
    ours = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", main, flags=re.DOTALL)
    ours = ours.partition('<nav class="breadcrumb"')[0] + ours.partition("</nav>")[2]
    assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", re.sub(r"<[^>]+>", " ", ours)) == []
    assert "Pass over → Bureau approval" in text_of(html)
    assert "the head of the policy bureau" in text_of(html)


def test_the_sheets_page_leads_there(site: Site, city: City) -> None:
    html = site.signed_in(DRAFTER).get(f"/sheets/{city.evaluation('611')}").text

    assert address(city) in links(html)
