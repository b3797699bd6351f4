"""Lists over many sheets: filters, pages; and what administrators look at."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, SHEETS
from workflow.application import Application
from workflow.errors import BadInput, NotFound, Refused
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.queries import administration, publications, sheets
from workflow.queries.sheets import CycleChoice, SheetFilter, SheetList
from workflow.services import accounts, publication


def cycle(city: City) -> CycleChoice:
    with city.application.query(SYSTEM) as ctx:
        return sheets.cycles(ctx)[0]


def listed(city: City, **wanted: object) -> SheetList:
    choice = cycle(city)
    with city.application.query(SYSTEM) as ctx:
        return sheets.sheet_list(
            ctx,
            choice.definition,
            SheetFilter(choice.id, **wanted),  # type: ignore[arg-type]
        )


def codes(city: City, **wanted: object) -> list[str]:
    return [line.code for line in listed(city, **wanted).lines]


def test_the_list_shows_every_sheet_with_its_place_by_code(city: City) -> None:
    city.submit("611")

    page = listed(city)

    assert [line.code for line in page.lines] == list(SHEETS)
    assert (page.total, page.page, page.pages) == (5, 1, 1)
    first = page.lines[0]
    assert (first.department, first.section, first.stage.key, first.rating) == (
        "市民自治部",
        "まちづくり推進課",
        "department_review",
        3,
    )
    assert first.due_on == date(2022, 7, 6)


def test_the_list_narrows_to_a_state_a_department_and_a_text(city: City) -> None:
    city.submit("611")
    with city.application.query(SYSTEM) as ctx:
        departments = {name: key for key, name in sheets.departments(ctx, cycle(city).id)}

    assert codes(city, state="department_review") == ["611"]
    assert codes(city, department_id=departments["総合政策部"]) == ["612", "621", "631"]
    assert codes(city, text="61") == ["611", "612"]
    assert codes(city, text="６１１") == ["611"]
    assert codes(city, text="まちづくり") == ["611"]
    assert codes(city, text="ﾃﾞｼﾞﾀﾙ") == ["621"]
    assert codes(city, text="どこにもない") == []
    assert codes(city, text="まちづくり 61") == ["611"]
    assert codes(city, text="ﾃﾞｼﾞﾀﾙ\u300062") == ["621"]
    assert codes(city, text="61 どこにもない") == []
    assert codes(city, text="61", state="draft") == ["612"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "6_1", "%611", "'; DROP TABLE evaluation; --"])
def test_signs_of_the_search_language_are_only_letters(city: City, text: str) -> None:
    assert codes(city, text=text) == []


def test_a_long_list_comes_in_pages(city: City, application: Application) -> None:
    take_in(application, large_plan(60, 0))

    first, second = listed(city), listed(city, page=2)

    assert (first.total, first.pages, len(first.lines)) == (65, 2, 50)
    assert (second.page, len(second.lines)) == (2, 15)
    assert [line.code for line in (*first.lines, *second.lines)] == sorted(
        line.code for line in (*first.lines, *second.lines)
    )


def test_the_number_of_statements_does_not_depend_on_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    def statements() -> int:
        listed(city)
        with query_counter(application) as counted:
            listed(city)
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert statements() == few


# Publication


def test_the_page_of_candidates_says_of_each_sheet_why_it_cannot_be_chosen(city: City) -> None:
    city.bring_to("611", "approved")
    city.publish(["632"])
    cycle_id = city.cycle()

    with city.application.query(SYSTEM) as ctx:
        found = publications.candidates(ctx, cycle_id)

    assert [(c.code, c.reason) for c in found] == [
        ("611", None),
        ("612", "not_approved"),
        ("621", "not_approved"),
        ("631", "not_approved"),
    ]


def test_what_can_be_chosen_is_accepted_and_what_cannot_is_refused(city: City) -> None:
    city.bring_to("611", "approved")
    city.bring_to("612", "bureau_approval")
    with city.application.query(SYSTEM) as ctx:
        found = publications.candidates(ctx, city.cycle())

    for candidate in found:
        try:
            wanted = city.request_publication([candidate.code])
        except BadInput:
            accepted = False
        else:
            accepted = True
            with city.application.command(city.actor(PUBLISHER)) as ctx:
                publication.cancel(ctx, publication_id=wanted)
        assert accepted == (candidate.reason is None), candidate.code


def test_the_public_sees_only_what_was_published_and_one_sheet_by_its_code(city: City) -> None:
    city.publish(["611"])

    with city.application.query() as ctx:
        [public] = publications.public_cycles(ctx)
        sheet = publications.public_sheet(ctx, "ex_post", 2021, 1, "611")
        for wrong in (
            ("ex_post", 2021, 1, "612"),
            ("ex_post", 2022, 1, "611"),
            ("interim", 2021, 1, "611"),
            ("ex_post", 2021, 2, "611"),
        ):
            with pytest.raises(NotFound, match="nothing_published"):
                publications.public_sheet(ctx, *wrong)

    assert (public.municipality, public.kind, public.target_fiscal_year) == (
        "青瀬市", "ex_post", 2021,
    )  # fmt: skip
    assert sheet.content.measure.code == "611"
    assert sheet.content_hash == city.page(SYSTEM, "611").seen_hash


def test_there_is_no_such_publication(city: City) -> None:
    with pytest.raises(NotFound, match="no_such_publication"):
        city.publication(10**9)


# Administration


def test_only_administrators_see_people_sessions_and_mails(city: City) -> None:
    for name in (PUBLISHER, APPROVER, DRAFTERS["611"]):
        actor = city.actor(name)
        for read in (administration.people, administration.sessions, administration.mails):
            with (
                pytest.raises(Refused, match="administrators_only"),
                city.application.query(actor) as ctx,
            ):
                read(ctx)


def test_an_administrator_sees_everybody_with_posts_grants_and_open_sessions(city: City) -> None:
    with city.application.command(SYSTEM) as ctx:
        accounts.sign_in(
            ctx,
            sign_in_name="fujii.naoki",
            password=city.passwords["fujii.naoki"],
            client="Firefox",
        )

    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        people = {line.sign_in_name: line for line in administration.people(ctx)}
        [session] = administration.sessions(ctx)

    assert len(people) == len(city.passwords)
    assert people["fujii.naoki"].posts == ("経営企画課長", "政策室長")
    assert people["fujii.naoki"].sessions == 1
    assert people[ADMINISTRATOR].grants == ("administrator",)
    assert all(line.must_change_password for line in people.values())
    assert (session.person, session.client, session.is_own) == ("藤井 直樹", "Firefox", False)


def test_mails_that_did_not_arrive_come_first(city: City, transport: RecordingTransport) -> None:
    transport.answers = [Attempt(Result.REFUSED, "550 no such box", address_refused=True)]
    city.tick(transport)

    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        mails = administration.mails(ctx)
        people = administration.people(ctx)

    assert (mails[0].state, mails[0].last_error) == ("dead", "550 no such box")
    assert {mail.state for mail in mails[1:]} == {"sent"}
    assert [p.mail_refusal for p in people if p.mail_refusal] == ["550 no such box"]
