"""The sheet's page: a button is shown exactly where the service accepts the press."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.city import City
from tests.conftest import QueryCounter
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
)
from workflow.application import Application, Context
from workflow.errors import HyokaError, NotFound
from workflow.policy import SYSTEM, Actor
from workflow.queries import sheet_page
from workflow.services import actions

PEOPLE = (
    DRAFTERS["611"],
    COLLEAGUES["611"],
    DRAFTERS["612"],
    REVIEWERS["611"],
    REVIEWERS["612"],
    APPROVER,
    PUBLISHER,
    ADMINISTRATOR,
    OTHER_SECTION,
    "fujii.naoki",
)


def to_draft(city: City, code: str) -> None:
    """As it is opened."""


def to_incomplete(city: City, code: str) -> None:
    city.save(code, issues="")


def to_review(city: City, code: str) -> None:
    city.submit(code)


def to_opened_review(city: City, code: str) -> None:
    city.submit(code)
    assert city.open_sheet(REVIEWERS[code], code)


def to_returned(city: City, code: str) -> None:
    city.submit(code)
    city.give_back(code)


def to_second_review(city: City, code: str) -> None:
    to_returned(city, code)
    city.submit(code, by=COLLEAGUES[code])


def to_approval(city: City, code: str) -> None:
    city.bring_to(code, "bureau_approval")


def to_approved(city: City, code: str) -> None:
    city.bring_to(code, "approved")


def to_published(city: City, code: str) -> None:
    city.bring_to(code, "published")


STATES = (
    to_draft, to_incomplete, to_review, to_opened_review, to_returned, to_second_review,
    to_approval, to_approved, to_published,
)  # fmt: skip


class RolledBackError(Exception):
    """Ends a trial: the action was accepted and must not happen."""


def tried(city: City, actor: Actor, page: sheet_page.SheetPage, action: str, target: str) -> str:
    """What the service says to a press, without letting it happen."""

    def press(ctx: Context) -> None:
        actions.act(
            ctx,
            evaluation_id=page.id,
            action=action,
            expected_version=page.version,
            seen_hash=bytes.fromhex(page.seen_hash),
            request_key=f"{action}-{target}",
            target=target,
            reason="理由",
        )
        raise RolledBackError

    try:
        with city.application.command(actor) as ctx:
            press(ctx)
    except HyokaError as error:
        return error.code
    except RolledBackError:
        return "accepted"
    raise AssertionError("a trial ends in one of the two ways")


@pytest.mark.parametrize("code", ["611", "612"])
@pytest.mark.parametrize("walk", STATES, ids=lambda walk: walk.__name__)
def test_a_button_is_shown_exactly_where_the_service_accepts_and_says_the_same_reason(
    city: City, walk: Callable[[City, str], None], code: str
) -> None:
    walk(city, code)
    everybody = [city.actor(name) for name in PEOPLE]
    everybody += [city.actor("fujii.naoki", post="政策室長"), SYSTEM]

    for actor in everybody:
        page = city.page(actor, code)
        shown = {
            (c.action, c.target.key): c.refusal.code if c.refusal else "accepted"
            for c in page.actions
        }
        accepted = {key: tried(city, actor, page, *key) for key in shown}
        assert accepted == shown, actor.name
        others = {
            (row.action, row.target)
            for row in page.definition.transitions
            if (row.action, row.target) not in shown
        }
        for action, target in others:
            assert tried(city, actor, page, action, target) != "accepted", actor.name


@pytest.mark.parametrize("walk", [to_draft, to_review, to_returned, to_approved, to_published])
def test_the_pen_is_shown_exactly_where_a_save_is_accepted(
    city: City, walk: Callable[[City, str], None]
) -> None:
    walk(city, "612")

    for name in PEOPLE:
        page = city.page(name, "612")
        try:
            city.save("612", by=name)
        except HyokaError as error:
            answer = error.code
        else:
            answer = None
        assert answer == (page.edit_refusal.code if page.edit_refusal else None), name


def test_the_page_shows_the_route_with_who_since_when_and_until_when(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    clock.forward(days=1)
    city.approve("611")

    route = city.page(PUBLISHER, "611").route

    assert [(step.stage.label, step.state) for step in route] == [
        ("作成中", "done"),
        ("部局審査", "done"),
        ("総合政策部承認", "current"),
        ("公表待ち", "ahead"),
        ("公表済", "ahead"),
    ]
    assert [step.done_by for step in route[:2]] == [
        "まちづくり推進課主査 佐藤 一郎",
        "市民自治部長 高橋 典子",
    ]
    assert [holder.name for holder in route[2].who] == ["森田 健二"]
    assert route[2].since == clock.now
    assert [f"{step.due_on:%m-%d}" for step in route if step.due_on] == [
        "06-22", "07-06", "07-21", "08-04",
    ]  # fmt: skip


def test_a_submitted_page_shows_what_was_frozen_and_its_hash(city: City) -> None:
    city.submit("611")
    page = city.page(REVIEWERS["611"], "611")

    stored = city.scalar("SELECT encode(content_hash, 'hex') FROM evaluation WHERE code = '611'")
    assert page.seen_hash == stored
    assert page.missing == ()


def test_an_earlier_revision_can_be_read_as_it_was(city: City, application: Application) -> None:
    before = city.page(SYSTEM, "611").content
    city.save("611", results="新しい成果。")

    with application.query(SYSTEM) as ctx:
        first = sheet_page.revision_content(ctx, city.evaluation("611"), 1)
        second = sheet_page.revision_content(ctx, city.evaluation("611"), 2)
        with pytest.raises(NotFound, match="no_such_revision"):
            sheet_page.revision_content(ctx, city.evaluation("611"), 3)

    assert (first, second.results) == (before, "新しい成果。")


def test_what_a_stale_page_showed_is_found_by_its_hash_on_its_own_sheet_only(
    city: City, application: Application
) -> None:
    city.submit("611")
    seen = city.page(REVIEWERS["611"], "611")

    with application.query(SYSTEM) as ctx:
        content_hash = bytes.fromhex(seen.seen_hash)
        found = sheet_page.content_by_hash(ctx, seen.id, content_hash)
        elsewhere = sheet_page.content_by_hash(ctx, city.evaluation("612"), content_hash)

    assert (found, elsewhere) == (seen.content, None)


def test_the_number_of_statements_does_not_grow_with_the_history(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    def statements() -> int:
        city.page(SYSTEM, "611")
        evaluation_id = city.evaluation("611")
        with query_counter(application) as counted, application.query(SYSTEM) as ctx:
            sheet_page.sheet_page(ctx, evaluation_id)
        return len(counted)

    before = statements()
    for round_number in range(3):
        city.save("611", results=f"成果 {round_number}")
        city.submit("611")
        city.give_back("611")

    assert statements() == before


def test_reading_a_page_writes_nothing(city: City) -> None:
    city.submit("611")
    before = city.counts()
    opened = city.rows("SELECT id, first_opened_at FROM stage_entry ORDER BY id")

    city.page(REVIEWERS["611"], "611")

    assert city.counts() == before
    assert city.rows("SELECT id, first_opened_at FROM stage_entry ORDER BY id") == opened


def test_there_is_no_such_page(city: City, application: Application) -> None:
    with (
        pytest.raises(NotFound, match="no_such_evaluation"),
        application.query(SYSTEM) as ctx,
    ):
        sheet_page.sheet_page(ctx, 10**9)


def test_every_kind_of_text_survives_the_way_through_the_database(city: City) -> None:
    nasty = "絵文字 👩‍👩‍👧‍👦、引用 \" ' \\ と <script>、改行\n二行目"
    city.save("611", results=nasty)

    assert city.page(SYSTEM, "611").content.results == nasty
