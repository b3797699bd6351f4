"""The page of the hand-over note, and where the note is read."""

from __future__ import annotations

from datetime import date

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, REVIEWERS
from tests.transfers import FIRST_OF_APRIL, applied, move
from tests.web.site import Site, text_of
from web import forms

NOTE = "指標２の出典は市民課の集計表。課題はまだ書いていない。"


def test_a_note_is_shown_to_those_who_draft_until_the_sheet_is_submitted(
    city: City, site: Site
) -> None:
    page = f"/sheets/{city.evaluation('611')}"
    drafter = site.signed_in(DRAFTERS["611"])
    form = {"note": NOTE, "request_key": forms.new_request_key()}

    answer = drafter.post(f"{page}/hand-over", form)
    drafter.post(f"{page}/hand-over", form)

    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    colleague = site.signed_in("yamada.hanako")
    assert "引継ぎ まちづくり推進課主査 佐藤 一郎" in text_of(colleague.get(page).text)
    assert NOTE in text_of(colleague.get(f"{page}/edit").text)
    assert city.events("611").count("hand_over") == 1
    # Others find it in the history, not above the sheet.
    assert text_of(site.signed_in(REVIEWERS["611"]).get(page).text).count(NOTE) == 1
    assert text_of(colleague.get(page).text).count(NOTE) == 2

    city.submit("611")
    assert text_of(colleague.get(page).text).count(NOTE) == 1
    city.give_back("611")
    assert text_of(colleague.get(page).text).count(NOTE) == 1


def test_who_comes_on_the_first_of_april_reads_what_the_predecessor_left(
    city: City, site: Site, clock: Clock
) -> None:
    clock.set(date(2023, 3, 20))
    applied(
        city,
        move("sato.ichiro", "市民課", "主査"),
        move("kimura.daisuke", "まちづくり推進課", "主査"),
    )
    page = f"/sheets/{city.evaluation('611')}"
    form = {"note": NOTE, "request_key": forms.new_request_key()}
    site.signed_in("sato.ichiro").post(f"{page}/hand-over", form)
    clock.set(FIRST_OF_APRIL)
    city.tick()

    said = text_of(site.signed_in("kimura.daisuke").get(f"{page}/edit").text)

    assert NOTE in said
    assert site.signed_in("sato.ichiro").get(f"{page}/hand-over").status_code == 403


def test_an_empty_note_comes_back_with_a_word(city: City, site: Site) -> None:
    page = f"/sheets/{city.evaluation('611')}/hand-over"
    drafter = site.signed_in(DRAFTERS["611"])

    answer = drafter.post(page, {"note": " ", "request_key": forms.new_request_key()})

    assert answer.status_code == 422
    assert "入力してください。" in text_of(answer.text)
    assert "hand_over" not in city.events("611")


def test_others_do_not_see_the_button_and_are_told_why_at_the_page(city: City, site: Site) -> None:
    page = f"/sheets/{city.evaluation('611')}"
    reviewer = site.signed_in(REVIEWERS["611"])
    form = {"note": NOTE, "request_key": forms.new_request_key()}

    assert "引継ぎを書く" not in reviewer.get(page).text
    assert reviewer.get(f"{page}/hand-over").status_code == 403
    assert reviewer.post(f"{page}/hand-over", form).status_code == 403
    assert "引継ぎを書く" in site.signed_in(DRAFTERS["611"]).get(page).text
