"""Choosing, checking, asking for and watching a publication."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.city import City
from tests.recorders import Clock, RecordingDoorbell
from tests.sample_people import PUBLISHER, SHEETS
from tests.web.site import Browser, Site, text_of
from workflow.services import publication

Form = dict[str, str | int | list[int]]


@pytest.fixture
def publisher(site: Site) -> Browser:
    """The bureau's publisher at work."""
    return site.signed_in(PUBLISHER)


def ticked(html: str) -> list[int]:
    """The ids of the sheets that are chosen on a page."""
    boxes = re.findall(r'<input[^>]*name="evaluations"[^>]*>', html)
    return [int(re.findall(r'value="(\d+)"', box)[0]) for box in boxes if "checked" in box]


def hidden(html: str) -> Form:
    """What the form at the end of the page of checking sends along."""
    form = html.partition('action="/publication"')[2].partition("</form>")[0]
    values: Form = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        if name == "evaluations":
            values.setdefault(name, []).append(int(value))  # type: ignore[union-attr]
        elif name != "csrf_token":
            values[name] = value
    return values


def test_what_can_be_published_is_chosen_to_begin_with(city: City, publisher: Browser) -> None:
    for code in ("611", "612"):
        city.bring_to(code, "approved")

    page = publisher.get("/publication").text
    none = publisher.get("/publication?select=none").text

    assert ticked(page) == [city.evaluation("611"), city.evaluation("612")]
    assert ticked(none) == []


def test_what_cannot_be_published_is_listed_with_the_reason(city: City, publisher: Browser) -> None:
    city.bring_to("611", "department_review")

    said = text_of(publisher.get("/publication").text)

    assert "いま公表できるシートはありません。" in said
    assert "611 参画協働のまちづくり 部局審査 市民自治部 まだ承認が終わっていません。" in said


def test_what_a_reader_cannot_see_is_listed_before_it_is_published(
    city: City, publisher: Browser
) -> None:
    city.save("611", results="成\u200b果")
    city.bring_to("611", "approved")

    form: Form = {"cycle": city.cycle(), "evaluations": [city.evaluation("611")], "when": "now"}
    said = text_of(publisher.post("/publication/check", form).text)

    assert "見えない文字、機械によって違って見える文字 1件" in said
    assert "成果 1行目の2文字目に、見えない文字 U+200B" in said


def test_the_page_of_checking_names_both_and_changes_nothing(
    city: City, publisher: Browser
) -> None:
    for code in ("611", "612"):
        city.bring_to(code, "approved")
    before = city.counts()

    response = publisher.post(
        "/publication/check",
        {"cycle": city.cycle(), "evaluations": [city.evaluation("611")], "when": "now"},
    )

    said = text_of(response.text)
    chosen, _, others = said.partition("公表しないシート")
    assert response.status_code == 200
    assert "611" in chosen
    assert "612" in others
    assert "選ばれていません。" in others
    assert "まだ承認が終わっていません。" in others
    assert "1件を公表する" in said
    assert city.counts() == before


def test_a_publication_is_asked_for_once_however_often_the_button_is_pressed(
    city: City, publisher: Browser, doorbell: RecordingDoorbell
) -> None:
    city.bring_to("611", "approved")
    asked: Form = {
        "cycle": city.cycle(), "evaluations": [city.evaluation("611")], "when": "now",
    }  # fmt: skip
    form = hidden(publisher.post("/publication/check", asked).text)
    doorbell.rings.clear()

    first = publisher.post("/publication", form)
    second = publisher.post("/publication", form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert [ring for ring in doorbell.rings if ring[0] == "tasks.run_publication"] == [
        ("tasks.run_publication", (1,))
    ]


def test_the_page_shows_how_far_it_is_and_stops_asking_at_the_end(
    city: City, publisher: Browser
) -> None:
    city.bring_to("611", "approved")
    number = city.request_publication(["611"])
    waiting = publisher.get(f"/publication/{number}").text

    publication.run(city.application, number)
    done = publisher.get(f"/publication/{number}").text
    fragment = publisher.get(f"/publication/{number}/progress").text

    assert 'data-hx-trigger="every 2s"' in waiting
    assert "順番を待っています" in text_of(waiting)
    assert "公表を取り消す" in waiting
    assert "data-hx-" not in done.partition("<main")[2]
    assert "公表しました" in text_of(done)
    assert "公表を取り消す" not in done
    assert not fragment.lstrip().startswith("<!doctype")
    assert city.publication(number).manifest_hash in fragment  # type: ignore[operator]


def test_it_can_be_called_off_while_it_waits(city: City, publisher: Browser, clock: Clock) -> None:
    city.bring_to("611", "approved")
    number = city.request_publication(["611"], at=clock.now + timedelta(days=3))
    publication.run(city.application, number)
    waiting = publisher.get(f"/publication/{number}").text

    response = publisher.post(f"/publication/{number}/cancel")
    again = publisher.post(f"/publication/{number}/cancel")

    assert 'data-hx-trigger="every 30s"' in waiting
    assert response.status_code == 303
    assert "取り消しました" in text_of(publisher.get(f"/publication/{number}").text)
    assert city.state("611") == "approved"
    assert again.status_code == 409


def test_a_sheet_that_was_returned_meanwhile_is_left_out_with_the_reason(
    city: City, publisher: Browser, clock: Clock
) -> None:
    for code in ("611", "612"):
        city.bring_to(code, "approved")
    number = city.request_publication(["611", "612"], at=clock.now + timedelta(hours=1))
    city.give_back("612")
    clock.forward(hours=2)
    publication.run(city.application, number)

    said = text_of(publisher.get(f"/publication/{number}").text)

    assert "公表から外れたシート 1件" in said
    assert "612は、まだ承認が終わっていません。" in said


def test_a_failure_is_said_in_words(city: City, publisher: Browser, clock: Clock) -> None:
    city.bring_to("611", "approved")
    number = city.request_publication(["611"])
    city.give_back("611")
    publication.run(city.application, number)

    said = text_of(publisher.get(f"/publication/{number}").text)

    assert "公表できるシートが残っていませんでした" in said
    assert "nothing_left" not in said


def test_while_one_runs_no_other_is_offered(city: City, publisher: Browser) -> None:
    city.bring_to("611", "approved")
    number = city.request_publication(["611"])

    page = publisher.get("/publication").text

    assert f'href="/publication/{number}"' in page
    assert 'name="evaluations"' not in page


def test_a_set_time_may_be_typed_in_the_era(city: City, publisher: Browser, clock: Clock) -> None:
    city.bring_to("611", "approved")
    asked: Form = {
        "cycle": city.cycle(), "evaluations": [city.evaluation("611")], "when": "later",
        "day-year": "令和４", "day-month": "７", "day-day": "15", "time": "９時３０分",
    }  # fmt: skip
    page = publisher.post("/publication/check", asked).text

    location = publisher.post("/publication", hidden(page)).headers["Location"]

    assert "令和4年7月15日 09:30" in text_of(page)
    number = int(location.rpartition("/")[2])
    assert city.publication(number).publish_at == datetime(2022, 7, 15, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day-year": "2022", "day-month": "2", "day-day": "30", "time": "9:00"}, "day"),
        ({"day-year": "4", "day-month": "7", "day-day": "15", "time": "9:00"}, "day"),
        ({"day-year": "2022", "day-month": "7", "day-day": "15", "time": "25:00"}, "time"),
        ({"day-year": "", "day-month": "", "day-day": "", "time": ""}, "day"),
        ({"day-year": "2021", "day-month": "7", "day-day": "15", "time": "9:00"}, "day"),
    ],
)
def test_a_time_that_cannot_be_comes_back_with_everything_else_kept(
    city: City, publisher: Browser, typed: dict[str, str], field: str
) -> None:
    for code in ("611", "612"):
        city.bring_to(code, "approved")
    asked: Form = {
        "cycle": city.cycle(), "evaluations": [city.evaluation("612")], "when": "later", **typed,
    }  # fmt: skip

    response = publisher.post("/publication/check", asked)

    assert response.status_code == 422
    assert f'<a href="#{field}">' in response.text
    assert "<title>エラー：" in response.text
    assert ticked(response.text) == [city.evaluation("612")]
    assert f'value="{typed["day-day"]}"' in response.text


def test_choosing_nothing_is_said(city: City, publisher: Browser) -> None:
    city.bring_to("611", "approved")

    response = publisher.post("/publication/check", {"cycle": city.cycle(), "when": "now"})

    assert response.status_code == 422
    assert "シートが選ばれていません" in text_of(response.text)


def test_a_sheet_that_changed_after_the_check_is_refused_at_the_end(
    city: City, publisher: Browser
) -> None:
    city.bring_to("611", "approved")
    asked: Form = {
        "cycle": city.cycle(), "evaluations": [city.evaluation("611")], "when": "now",
    }  # fmt: skip
    form = hidden(publisher.post("/publication/check", asked).text)
    city.give_back("611")

    response = publisher.post("/publication", form)

    assert response.status_code == 422
    assert "まだ承認が終わっていません" in text_of(response.text)
    assert city.scalar("SELECT count(*) FROM publication") == 0


@pytest.mark.parametrize("typed", ["yesterday", "2022-07-15T09:00:00", "2022-13-01"])
def test_a_moment_that_the_page_of_checking_did_not_write_is_refused(
    city: City, publisher: Browser, typed: str
) -> None:
    city.bring_to("611", "approved")
    form: Form = {
        "cycle": city.cycle(), "evaluations": [city.evaluation("611")], "publish_at": typed,
    }  # fmt: skip

    assert publisher.post("/publication", form).status_code == 422


def test_an_unknown_cycle_or_publication_is_not_found(publisher: Browser) -> None:
    assert publisher.post("/publication/check", {"cycle": 0}).status_code == 404
    assert publisher.get("/publication/0").status_code == 404


def test_the_history_names_every_version(city: City, publisher: Browser) -> None:
    city.publish(["611"])
    city.publish([code for code in SHEETS if code != "611"])

    said = text_of(publisher.get("/publication").text)

    assert "第2版" in said.partition("公表の履歴")[2]
    assert "第1版" in said.partition("公表の履歴")[2]
