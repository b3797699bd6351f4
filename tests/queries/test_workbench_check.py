"""The dry run of a bulk approval: the rules that decide, asked before anything is done."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.authority import hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.other_cycles import open_other_cycle, texts_of
from tests.plans import large_plan, plan, take_in, with_cost
from tests.sample_people import ADMINISTRATOR, APPROVER, BUREAUS_OWN, DRAFTERS, REVIEWERS
from workflow.application import Application
from workflow.definition.load import parse, standard
from workflow.models import CycleKind
from workflow.queries.workbench_check import Planned, dry_run
from workflow.services import approving
from workflow.services.approving import Wish

DEPUTY = REVIEWERS["612"]


def wish(city: City, name: str, code: str) -> Wish:
    page = city.page(name, code)
    return Wish(page.id, page.version, bytes.fromhex(page.seen_hash))


def plan_of(city: City, name: str, wishes: Sequence[Wish]) -> tuple[Planned, ...]:
    with city.application.query(city.actor(name)) as ctx:
        return dry_run(ctx, wishes)


def reasons(planned: Sequence[Planned]) -> list[str | None]:
    return [one.refusal.code if one.refusal else None for one in planned]


@pytest.fixture
def waiting(city: City) -> City:
    """Three sheets that wait for the deputy of the bureau."""
    for code in BUREAUS_OWN:
        city.submit(code)
    return city


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (DRAFTERS["612"], "wrote_the_sheet"),
        (APPROVER, "needed_later"),
        (REVIEWERS["611"], "not_your_turn"),
        (ADMINISTRATOR, "not_your_turn"),
    ],
)
def test_whoever_may_not_sign_is_told_why(waiting: City, name: str, code: str) -> None:
    assert reasons(plan_of(waiting, name, [wish(waiting, name, "612")])) == [code]


def test_what_was_not_opened_is_left_out(waiting: City) -> None:
    sheet = waiting.evaluation("612")
    version = waiting.page(DEPUTY, "612").version
    blind = [Wish(sheet, None, None), Wish(sheet, version, None), Wish(sheet, version, b"x" * 32)]

    assert reasons(plan_of(waiting, DEPUTY, blind)) == ["open_it_first"] * 3


def test_what_moved_and_what_changed_are_left_out_with_different_words(waiting: City) -> None:
    moved, changed = wish(waiting, DEPUTY, "612"), wish(waiting, DEPUTY, "621")
    waiting.approve("612")
    line = waiting.page(DEPUTY, "621").content.projects[0]
    assert line.project_cost is not None
    take_in(waiting.application, plan(with_cost("621", line.code, line.project_cost + 7)))
    # A seal over the old content does not fit the new one: no hash comes with it.
    changed = Wish(changed.evaluation_id, changed.version, None)

    assert reasons(plan_of(waiting, DEPUTY, [moved, changed])) == ["moved_on", "content_changed"]


def test_a_sheet_at_a_stage_where_nothing_is_signed_is_left_out(city: City) -> None:
    city.bring_to("612", "approved")

    planned = plan_of(city, APPROVER, [wish(city, APPROVER, code) for code in ("611", "612")])

    assert reasons(planned) == ["not_in_this_state", "not_in_this_state"]


def test_what_would_be_done_is_told_as_whom_and_for_whom_next(waiting: City) -> None:
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]
    before = waiting.counts()

    planned = plan_of(waiting, DEPUTY, [*wishes, Wish(999_999, 1, None)])

    assert reasons(planned) == [None, None, None]
    for one in planned:
        assert one.choice is not None
        assert one.choice.holder is not None
        assert one.choice.holder.title == "総合政策部次長"
        assert [holder.title for holder in one.choice.next_holders] == ["総合政策部長"]
    assert waiting.counts() == before


def test_the_dry_run_says_what_approving_then_does(waiting: City) -> None:
    waiting.approve("621")
    wishes = [wish(waiting, DEPUTY, code) for code in BUREAUS_OWN]
    foretold = reasons(plan_of(waiting, DEPUTY, wishes))

    outcomes = approving.approve_all(
        waiting.application, waiting.actor(DEPUTY), wishes, remark="", request_key="form"
    )

    assert [one.error.code if one.error else None for one in outcomes] == foretold
    assert foretold == [None, "signed_earlier_stage", None]


def asking(city: City, requirement: str) -> Wish:
    """A cycle whose approvers must hand something in; what the deputy saw of a sheet of it."""
    source = standard().source.replace(
        "signs = true\n", f"signs = true\nrequires = {requirement}\n"
    )
    open_other_cycle(
        city,
        {"612": texts_of(city, "612")},
        year=2021,
        kind=CycleKind.INTERIM,
        definition=parse(source, file="asking.toml"),
    )
    city.submit("612")
    return wish(city, DEPUTY, "612")


def test_a_reason_that_is_asked_for_is_handed_in_with_the_form(city: City) -> None:
    wishes = [asking(city, '["reason"]')]

    [planned] = plan_of(city, DEPUTY, wishes)
    actor = city.actor(DEPUTY)
    [silent] = approving.approve_all(
        city.application, actor, wishes, remark=" ", request_key="silent"
    )
    [spoken] = approving.approve_all(
        city.application, actor, wishes, remark="妥当です。", request_key="spoken"
    )

    assert planned.refusal is None
    assert planned.choice is not None
    assert planned.choice.needs_reason
    assert silent.error is not None
    assert silent.error.code == "reason_required"
    assert spoken.error is None


def test_a_sentence_of_its_own_for_each_sheet_is_not_handed_in_with_the_form(city: City) -> None:
    wishes = [asking(city, '["comment"]')]

    assert reasons(plan_of(city, DEPUTY, wishes)) == ["approve_by_itself"]


def test_a_sheet_on_hold_is_left_out(waiting: City) -> None:
    hold(waiting, DEPUTY, "612")

    assert reasons(plan_of(waiting, DEPUTY, [wish(waiting, DEPUTY, "612")])) == ["on_hold"]


def test_the_number_of_statements_is_the_same_for_one_sheet_and_for_fifty(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    take_in(application, large_plan(50, 1))
    reviewer = REVIEWERS["632"]
    for row in city.rows("SELECT code FROM evaluation WHERE code < '200' ORDER BY code"):
        city.act(DRAFTERS["632"], row.code, "submit")
    rows = city.rows(
        "SELECT id, version, content_hash FROM evaluation WHERE state = 'department_review'"
    )
    wishes = [Wish(row.id, row.version, bytes(row.content_hash)) for row in rows]
    actor = city.actor(reviewer)

    counts = []
    for number in (1, 50):
        with query_counter(application) as statements, application.query(actor) as ctx:
            assert reasons(dry_run(ctx, wishes[:number])) == [None] * number
        counts.append(len(statements))

    assert counts[0] == counts[1]
