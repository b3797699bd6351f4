"""Many approvals with one word: each its own event; what fails stands alone; nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, plan, take_in, with_cost
from tests.sample_people import ADMINISTRATOR, APPROVER, BUREAUS_OWN, DRAFTERS, REVIEWERS
from workflow.application import Application
from workflow.errors import BadInput
from workflow.services import actions, approving
from workflow.services.approving import Outcome, Wish

DEPUTY = REVIEWERS["612"]


def wish(city: City, name: str, code: str) -> Wish:
    """What somebody saw of a sheet just now."""
    page = city.page(name, code)
    return Wish(page.id, page.version, bytes.fromhex(page.seen_hash))


def approve(
    city: City, name: str, wishes: Sequence[Wish], *, remark: str = "", key: str = "form"
) -> tuple[Outcome, ...]:
    return approving.approve_all(
        city.application, city.actor(name), wishes, remark=remark, request_key=key
    )


def codes(outcomes: Sequence[Outcome]) -> list[str | None]:
    """The reasons, None where it was approved."""
    return [outcome.error.code if outcome.error else None for outcome in outcomes]


@pytest.fixture
def waiting(city: City) -> City:
    """Three sheets that wait for the deputy of the bureau."""
    for code in BUREAUS_OWN:
        city.submit(code)
    return city


def test_nobody_approves_what_is_not_theirs(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]

    for name in (ADMINISTRATOR, APPROVER, REVIEWERS["611"], *(DRAFTERS[c] for c in BUREAUS_OWN)):
        assert None not in codes(approve(waiting, name, wishes, key=name)), name
    assert [waiting.state(code) for code in BUREAUS_OWN] == ["department_review"] * 3


def test_whoever_signed_one_stage_does_not_sign_the_next(waiting: City) -> None:
    approve(waiting, DEPUTY, [wish(waiting, DEPUTY, "612")])

    again = approve(waiting, DEPUTY, [wish(waiting, DEPUTY, "612")], key="other")

    assert codes(again) == ["signed_earlier_stage"]
    assert waiting.state("612") == "bureau_approval"


def test_each_approval_is_its_own_event_on_its_own_content(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]

    outcomes = approve(waiting, DEPUTY, wishes, remark="3件とも確かめました。")

    assert codes(outcomes) == [None, None, None]
    assert [outcome.evaluation_id for outcome in outcomes] == [w.evaluation_id for w in wishes]
    assert len({outcome.event_id for outcome in outcomes}) == 3
    for code, wanted, outcome in zip(BUREAUS_OWN, wishes, outcomes, strict=True):
        [event] = waiting.rows(
            "SELECT e.action, e.content_hash, e.capacity, g.content_hash AS signed,"
            " n.canonical::json ->> 'reason' AS reason FROM event e"
            " JOIN signature g ON g.event_id = e.id JOIN event_narrative n ON n.event_id = e.id"
            " WHERE e.id = :id",
            id=outcome.event_id,
        )
        assert (event.action, event.capacity) == ("approve", "総合政策部次長"), code
        assert event.content_hash == event.signed == wanted.seen_hash
        assert event.reason == "3件とも確かめました。"
        assert waiting.state(code) == "bureau_approval"
    assert waiting.verify().broken == ()


def test_one_that_fails_neither_undoes_nor_stops_another(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]
    waiting.withdraw("621", by=DRAFTERS["621"])
    unknown = Wish(999_999, 1, b"x" * 32)

    outcomes = approve(waiting, DEPUTY, [wishes[0], unknown, *wishes[1:]])

    assert codes(outcomes) == [None, "no_such_evaluation", "moved_on", None]
    assert [waiting.state(code) for code in BUREAUS_OWN] == [
        "bureau_approval", "draft", "bureau_approval",
    ]  # fmt: skip


def test_a_fault_of_the_database_stops_no_other_approval(
    waiting: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]
    act = actions.act

    def failing(ctx, **how):  # type: ignore[no-untyped-def]
        if how["evaluation_id"] == wishes[1].evaluation_id:
            ctx.execute(sa.text("SELECT 1 / 0"))
        return act(ctx, **how)

    monkeypatch.setattr(actions, "act", failing)
    first = approve(waiting, DEPUTY, wishes)
    monkeypatch.undo()
    second = approve(waiting, DEPUTY, wishes)

    assert codes(first) == [None, "unexpected", None]
    assert codes(second) == [None, None, None]
    assert [outcome.repeated for outcome in second] == [True, False, True]


def test_what_changed_since_it_was_seen_is_not_approved(waiting: City) -> None:
    seen = wish(waiting, DEPUTY, "612")
    line = waiting.page(DEPUTY, "612").content.projects[0]
    assert line.project_cost is not None
    take_in(waiting.application, plan(with_cost("612", line.code, line.project_cost + 7)))

    outcomes = approve(waiting, DEPUTY, [seen, wish(waiting, DEPUTY, "621")])

    assert codes(outcomes) == ["moved_on", None]
    assert waiting.state("612") == "department_review"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"version": None}, "moved_on"),
        ({"seen_hash": None}, "content_changed"),
        ({"seen_hash": b"x" * 32}, "content_changed"),
    ],
)
def test_what_was_not_looked_at_is_not_approved(
    waiting: City, changed: dict[str, Any], code: str
) -> None:
    blind = replace(wish(waiting, DEPUTY, "612"), **changed)

    assert codes(approve(waiting, DEPUTY, [blind])) == [code]
    assert waiting.state("612") == "department_review"


def test_a_second_press_of_the_same_form_does_nothing_twice(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]

    first = approve(waiting, DEPUTY, wishes)
    waiting.approve("612")
    second = approve(waiting, DEPUTY, wishes)

    assert [outcome.repeated for outcome in first] == [False] * 3
    assert [outcome.repeated for outcome in second] == [True] * 3
    assert [one.event_id for one in first] == [one.event_id for one in second]
    assert waiting.events("621").count("approve") == 1


def test_a_remark_that_cannot_be_kept_stops_all_before_anything_is_done(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]
    before = waiting.counts()

    for remark in ("長" * 2001, "あ\x00い"):
        with pytest.raises(BadInput) as refused:
            approve(waiting, DEPUTY, wishes, remark=remark)
        assert [fault.path for fault in refused.value.faults] == ["remark"]
    assert waiting.counts() == before


def test_the_next_ones_are_told_of_every_sheet(waiting: City) -> None:
    approve(waiting, DEPUTY, [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN])

    assert (
        waiting.scalar(
            "SELECT count(*) FROM notice WHERE recipient_id = :person AND kind = 'your_turn'",
            person=waiting.person_id(APPROVER),
        )
        == 3
    )


def test_a_hundred_sheets_are_approved_in_one_go(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    take_in(application, large_plan(100, 1))
    reviewer = REVIEWERS["632"]
    for row in city.rows("SELECT code FROM evaluation WHERE code < '200' ORDER BY code"):
        city.act(DRAFTERS["632"], row.code, "submit")
    rows = city.rows(
        "SELECT id, version, content_hash FROM evaluation WHERE state = 'department_review'"
    )
    wishes = [Wish(row.id, row.version, bytes(row.content_hash)) for row in rows]

    with query_counter(application) as few:
        some = approve(city, reviewer, wishes[:10])
    with query_counter(application) as many:
        others = approve(city, reviewer, wishes[10:])

    assert len(some) + len(others) == 100
    assert {outcome.error for outcome in (*some, *others)} == {None}
    # No sheet costs more for all the others, and a web worker gives up after half a minute only.
    assert len(many) <= 9 * len(few)
