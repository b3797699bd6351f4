"""Two people act on one sheet at the same moment: one effect, and a reason for the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.city import City
from tests.concurrency.together import together
from tests.databases import Database
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from workflow.errors import Conflict, HyokaError, Refused
from workflow.services import actions, approving
from workflow.services.actions import Receipt
from workflow.services.sheets import Saved

#: The row for which every command on a sheet waits.
HOLD = "SELECT 1 FROM evaluation WHERE code = '{}' FOR UPDATE"


def press(
    city: City, name: str, code: str, action: str, key: str | None = None
) -> Callable[[], Receipt]:
    """A form that was opened before anybody acted."""
    actor = city.actor(name)
    seen = city.page(actor, code)
    return lambda: city.act(actor, code, action, seen=seen, reason="理由", request_key=key)


def codes(outcomes: list[object]) -> list[str]:
    return sorted(o.code if isinstance(o, HyokaError) else type(o).__name__ for o in outcomes)


def test_two_submissions_of_colleagues_have_one_effect(city: City, city_database: Database) -> None:
    jobs = [
        press(city, by["611"], "611", "submit", f"by-{n}")
        for n, by in enumerate((DRAFTERS, COLLEAGUES))
    ]

    outcomes = together(city_database, HOLD.format("611"), jobs)

    assert codes(outcomes) == ["Receipt", "moved_on"]
    assert city.events("611") == ["open", "submit"]
    assert city.verify().broken == ()


def test_two_approvals_of_one_sheet_have_one_effect(city: City, city_database: Database) -> None:
    """The same reviewer in two browsers, with a form of its own in each."""
    city.submit("611")
    jobs = [press(city, REVIEWERS["611"], "611", "approve", f"browser-{n}") for n in range(2)]

    outcomes = together(city_database, HOLD.format("611"), jobs)

    assert codes(outcomes) == ["Receipt", "moved_on"]
    assert city.state("611") == "bureau_approval"
    assert city.scalar("SELECT count(*) FROM signature") == 1
    assert city.verify().broken == ()


def test_whoever_comes_first_wins_approve_before_withdraw(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    jobs = [
        press(city, REVIEWERS["611"], "611", "approve", "approval"),
        press(city, DRAFTERS["611"], "611", "withdraw", "withdrawal"),
    ]

    approved, withdrawn = together(city_database, HOLD.format("611"), jobs)

    assert codes([approved, withdrawn]) == ["Receipt", "moved_on"]
    assert isinstance(approved, Receipt)
    assert city.state("611") == "bureau_approval"
    assert city.verify().broken == ()


def test_whoever_comes_first_wins_withdraw_before_approve(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    jobs = [
        press(city, DRAFTERS["611"], "611", "withdraw", "withdrawal"),
        press(city, REVIEWERS["611"], "611", "approve", "approval"),
    ]

    withdrawn, approved = together(city_database, HOLD.format("611"), jobs)

    assert codes([approved, withdrawn]) == ["Receipt", "moved_on"]
    assert isinstance(withdrawn, Receipt)
    assert city.state("611") == "draft"
    assert city.scalar("SELECT count(*) FROM signature") == 0
    assert city.verify().broken == ()


def test_opened_a_moment_before_the_withdrawal_it_cannot_be_taken_back(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    jobs = [opening(city, REVIEWERS["611"], "611"), press(city, DRAFTERS["611"], "611", "withdraw")]

    opened, withdrawn = together(city_database, HOLD.format("611"), jobs)

    assert opened is True
    assert isinstance(withdrawn, Refused)
    assert withdrawn.code == "already_opened"
    assert city.state("611") == "department_review"


def test_opened_a_moment_after_the_withdrawal_nothing_is_noted(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    jobs = [press(city, DRAFTERS["611"], "611", "withdraw"), opening(city, REVIEWERS["611"], "611")]

    withdrawn, opened = together(city_database, HOLD.format("611"), jobs)

    assert (type(withdrawn), opened) == (Receipt, False)
    assert city.state("611") == "draft"
    assert city.scalar("SELECT count(*) FROM stage_entry WHERE first_opened_at IS NOT NULL") == 0


def opening(city: City, name: str, code: str) -> Callable[[], bool]:
    """Somebody opens the sheet's page."""
    actor, evaluation_id = city.actor(name), city.evaluation(code)

    def open_it() -> bool:
        with city.application.command(actor) as ctx:
            return actions.note_first_opened(ctx, evaluation_id=evaluation_id)

    return open_it


@pytest.mark.parametrize("order", [("approve", "return"), ("return", "approve")])
def test_approve_and_return_of_two_browsers_have_one_winner(
    city: City, city_database: Database, order: tuple[str, str]
) -> None:
    city.submit("611")
    jobs = [press(city, REVIEWERS["611"], "611", action, action) for action in order]

    outcomes = together(city_database, HOLD.format("611"), jobs)

    assert [type(outcome) for outcome in outcomes] == [Receipt, Conflict]
    assert city.state("611") == {"approve": "bureau_approval", "return": "draft"}[order[0]]
    assert city.verify().broken == ()


def test_a_save_that_comes_before_the_submission_makes_its_writer_an_author(
    city: City, city_database: Database
) -> None:
    """The submission sees the colleague's text, and so it is refused; nobody is told of it."""
    mine = city.page(DRAFTERS["611"], "611")
    saving = city.page(COLLEAGUES["611"], "611")
    colleague = city.actor(COLLEAGUES["611"])
    outcomes = together(
        city_database,
        HOLD.format("611"),
        [
            lambda: city.save("611", by=COLLEAGUES["611"], seen=saving, results="割り込んだ成果。"),
            lambda: city.act(DRAFTERS["611"], "611", "submit", seen=mine, request_key="form"),
        ],
    )

    assert codes(outcomes) == ["Saved", "content_changed"]
    assert city.state("611") == "draft"
    authors = city.rows("SELECT person_id FROM authorship")
    assert [row.person_id for row in authors] == [colleague.person_id]


def test_a_submission_that_comes_before_the_save_closes_the_draft(
    city: City, city_database: Database
) -> None:
    saving = city.page(COLLEAGUES["611"], "611")
    outcomes = together(
        city_database,
        HOLD.format("611"),
        [
            press(city, DRAFTERS["611"], "611", "submit", "submission"),
            lambda: city.save("611", by=COLLEAGUES["611"], seen=saving, results="割り込んだ成果。"),
        ],
    )

    assert codes(outcomes) == ["Receipt", "not_editable"]
    assert city.page(APPROVER, "611").content.results != "割り込んだ成果。"


@pytest.mark.parametrize("action", ["submit", "approve"])
def test_the_same_form_five_times_at_once_acts_once_and_answers_five_times(
    city: City, city_database: Database, action: str
) -> None:
    name = DRAFTERS["611"]
    if action == "approve":
        city.submit("611")
        name = REVIEWERS["611"]
    jobs = [press(city, name, "611", action, "the same form") for _ in range(5)]

    outcomes = together(city_database, HOLD.format("611"), jobs)

    assert {type(outcome) for outcome in outcomes} == {Receipt}
    assert sorted(outcome.repeated for outcome in outcomes) == [False, True, True, True, True]
    assert len({outcome.event_id for outcome in outcomes}) == 1
    assert city.events("611").count(action) == 1


def test_two_people_save_one_draft_and_nothing_is_lost_in_silence(
    city: City, city_database: Database
) -> None:
    mine, theirs = (city.page(by["611"], "611") for by in (DRAFTERS, COLLEAGUES))

    outcomes = together(
        city_database,
        HOLD.format("611"),
        [
            lambda: city.save("611", by=DRAFTERS["611"], seen=mine, results="私の成果。"),
            lambda: city.save("611", by=COLLEAGUES["611"], seen=theirs, issues="同僚の課題。"),
        ],
    )

    assert codes(outcomes) == ["Saved", "edited_meanwhile"]
    content = city.page(APPROVER, "611").content
    assert (content.results == "私の成果。") == isinstance(outcomes[0], Saved)
    assert (content.issues == "同僚の課題。") == isinstance(outcomes[1], Saved)


def test_many_sheets_are_approved_at_once_without_waiting_for_each_other_for_ever(
    city: City, city_database: Database
) -> None:
    for code in ("612", "621", "631"):
        city.submit(code)
    jobs = [
        press(city, REVIEWERS[code], code, "approve", f"approve-{code}")
        for code in ("612", "621", "631")
    ]

    outcomes = together(city_database, "SELECT 1 FROM evaluation FOR UPDATE", jobs)

    assert {type(outcome) for outcome in outcomes} == {Receipt}
    assert city.verify().broken == ()


def test_two_presses_of_one_bulk_approval_have_one_effect_each(
    city: City, city_database: Database
) -> None:
    wishes = []
    for code in ("612", "621"):
        city.submit(code)
        page = city.page(REVIEWERS[code], code)
        wishes.append(approving.Wish(page.id, page.version, bytes.fromhex(page.seen_hash)))
    actor = city.actor(REVIEWERS["612"])

    def both() -> tuple[approving.Outcome, ...]:
        return approving.approve_all(
            city.application, actor, wishes, remark="", request_key="one-form"
        )

    first, second = together(city_database, HOLD.format("612"), [both, both])

    assert [outcome.error for outcome in (*first, *second)] == [None] * 4
    assert [one.event_id for one in first] == [one.event_id for one in second]
    assert [city.events(code).count("approve") for code in ("612", "621")] == [1, 1]
