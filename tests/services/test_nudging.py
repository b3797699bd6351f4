"""催促: asked for by the bureau, told at once, recorded, and never twice a day."""

from __future__ import annotations

from datetime import date, time
from functools import partial

import pytest
import sqlalchemy as sa

from tests.authority import hold
from tests.city import City
from tests.concurrency.together import together
from tests.databases import Database
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_PUBLISHER,
    PUBLISHER,
    REVIEWERS,
)
from workflow.errors import BadInput, Refused
from workflow.policy import SYSTEM, Permission
from workflow.services import extensions, nudging
from workflow.services.nudging import Nudged, NudgePlan

LATE = date(2022, 7, 8)


@pytest.fixture
def late(city: City, clock: Clock, transport: RecordingTransport) -> City:
    """Two weeks after the last day of the drafts; the mails of until then are written."""
    city.submit("611")
    clock.set(LATE)
    city.tick(transport)
    clock.forward(minutes=10)
    transport.forget()
    return city


def nudge(
    city: City, *codes: str, by: str = PUBLISHER, remark: str = "", key: str = "form-1"
) -> Nudged:
    ids = [city.evaluation(code) for code in codes]
    with city.application.command(city.actor(by)) as ctx:
        return nudging.nudge(ctx, evaluation_ids=ids, remark=remark, request_key=key)


def plan(city: City, code: str, *, by: str = PUBLISHER) -> NudgePlan:
    ids = [city.evaluation(code)]
    with city.application.query(city.actor(by)) as ctx:
        [found] = nudging.plans(ctx, ids)
    return found


def refusal(city: City, code: str) -> str | None:
    found = plan(city, code)
    assert found.refusal is None or found.told == ()
    return found.refusal.code if found.refusal else None


def nudges(city: City) -> int:
    return int(city.scalar("SELECT count(*) FROM notice WHERE kind = 'nudge'"))


@pytest.mark.parametrize("name", [ADMINISTRATOR, APPROVER, DRAFTERS["632"], REVIEWERS["611"]])
def test_only_publishers_nudge(late: City, name: str) -> None:
    before = late.counts()

    with pytest.raises(Refused, match="publishers_only"):
        nudge(late, "632", by=name)

    assert late.counts() == before


def test_nothing_chosen_is_nothing_done(late: City) -> None:
    with pytest.raises(BadInput, match="nothing_selected"):
        nudge(late)


def test_a_remark_that_is_too_long_changes_nothing(late: City) -> None:
    before = late.counts()

    with pytest.raises(BadInput) as refused:
        nudge(late, "632", remark="あ" * 10_000)

    assert [(f.path, f.code) for f in refused.value.faults] == [("remark", "too_long")]
    assert late.counts() == before


def test_what_is_not_late_is_not_nudged(late: City, clock: Clock) -> None:
    late.submit("632")
    clock.set(date(2022, 7, 6), time(10, 0))

    assert refusal(late, "632") == "nudge_not_late"
    assert nudge(late, "632") == Nudged(0, 0, 1)
    assert nudges(late) == 0
    assert "nudge" not in late.events("632")


def test_what_is_held_or_has_asked_for_time_is_not_nudged(late: City) -> None:
    hold(late, REVIEWERS["611"], "611")
    page = late.page(DRAFTERS["632"], "632")
    with late.application.command(late.actor(DRAFTERS["632"])) as ctx:
        extensions.ask(
            ctx,
            evaluation_id=page.id,
            expected_version=page.version,
            wanted_on=date(2022, 7, 20),
            reason="決算額の確定を待っています。",
            request_key="ask",
        )

    assert refusal(late, "611") == "nudge_on_hold"
    assert refusal(late, "632") == "nudge_extension_asked"
    assert nudge(late, "611", "632") == Nudged(0, 0, 2)


def test_a_sheet_that_nobody_has_cannot_be_nudged(late: City) -> None:
    with late.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("UPDATE assignment SET valid_until = '2022-06-30'"))

    assert refusal(late, "632") == "nudge_nobody"


def test_nobody_nudges_themselves_nor_people_whom_mail_does_not_reach(
    late: City, clock: Clock
) -> None:
    late.bring_to("611", "approved")
    clock.set(date(2022, 12, 1))
    with late.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(
            sa.text("UPDATE person SET mail_state = 'refused' WHERE id = :id"),
            {"id": late.person_id(OTHER_PUBLISHER)},
        )

    left_out = {holder.person_id: why.code for holder, why in plan(late, "611").left_out}

    assert left_out[late.person_id(PUBLISHER)] == "nudge_yourself"
    assert left_out[late.person_id(OTHER_PUBLISHER)] == "nudge_unreachable"


def test_everybody_who_has_it_gets_one_mail_with_the_words(
    late: City, transport: RecordingTransport
) -> None:
    done = nudge(late, "611", "632", remark="金曜日の会議で使います。")
    late.tick(transport)

    [mail] = transport.to(REVIEWERS["611"])
    assert mail["Subject"] == "【期限 7/6】評価シート1件のご対応のお願い"
    assert "伝言: 金曜日の会議で使います。" in body_of(mail)
    assert "お願いした人: " in body_of(mail)
    assert len(transport.to(DRAFTERS["632"])) == 1
    assert len(transport.to(COLLEAGUES["632"])) == 1
    assert done.sheets == 2
    assert done.people == nudges(late)
    assert late.events("611")[-1] == "nudge"
    assert late.state("611") == "department_review"
    assert late.verify().broken == ()


def test_a_nudge_is_grouped_with_what_else_is_told_at_once(
    late: City, transport: RecordingTransport, clock: Clock
) -> None:
    nudge(late, "612", "621", by=PUBLISHER)
    late.tick(transport)
    before = len(transport.sent)
    nudge(late, "632", key="form-2")
    nudge(late, "631", key="form-3")
    late.tick(transport)
    clock.forward(minutes=6)
    late.tick(transport)

    assert before > 0
    assert [len(transport.to(DRAFTERS[code])) for code in ("631", "632")] == [1, 1]


def test_the_same_sheet_and_person_is_not_nudged_twice_a_day(late: City, clock: Clock) -> None:
    nudge(late, "632")
    told = nudges(late)

    again = nudge(late, "632", by=OTHER_PUBLISHER, key="another-form")

    assert again == Nudged(0, 0, 1)
    assert {why.code for _, why in plan(late, "632").left_out} == {"nudged_today"}
    assert nudges(late) == told
    assert late.events("632").count("nudge") == 1

    clock.set(date(2022, 7, 11))
    assert nudge(late, "632", key="next-day").people == told


def test_a_person_with_several_late_sheets_is_asked_once_a_day_about_all_that_were_chosen(
    late: City, clock: Clock, transport: RecordingTransport
) -> None:
    for code in ("612", "621", "631"):
        late.submit(code)
    clock.set(date(2022, 7, 22))
    late.tick(transport)
    clock.forward(minutes=10)
    transport.forget()

    assert nudge(late, "612", "621", key="first").sheets == 2
    late.tick(transport)
    assert nudge(late, "631", by=OTHER_PUBLISHER, key="second") == Nudged(0, 0, 1)
    late.tick(transport)

    [mail] = transport.to(REVIEWERS["612"])
    assert all(code in body_of(mail) for code in ("612", "621"))
    assert {why.code for _, why in plan(late, "631").left_out} == {"nudged_today"}


def test_a_sheet_that_came_back_the_same_day_has_days_again_and_is_not_nudged(late: City) -> None:
    nudge(late, "632")
    late.submit("632")
    late.give_back("632")

    assert refusal(late, "632") == "nudge_not_late"


def test_the_same_form_twice_does_it_once_and_says_so(late: City) -> None:
    first = nudge(late, "632", "612")

    second = nudge(late, "632", "612")

    assert (second.sheets, second.repeated) == (first.sheets, True)
    assert late.events("632").count("nudge") == 1


def test_two_publishers_at_once_with_different_sheets_ask_a_person_once(
    late: City, clock: Clock, city_database: Database
) -> None:
    for code in ("612", "621"):
        late.submit(code)
    clock.set(date(2022, 7, 22))
    jobs = [
        partial(nudge, late, code, by=name, key=f"by-{name}")
        for code, name in (("612", PUBLISHER), ("621", OTHER_PUBLISHER))
    ]

    outcomes = together(
        city_database,
        "SELECT 1 FROM person WHERE email LIKE 'okamoto.sachiko@%' FOR UPDATE",
        jobs,
    )

    assert sorted(done.sheets for done in outcomes) == [0, 1]
    assert late.scalar("SELECT count(*) FROM notice WHERE kind = 'nudge'") == 1


def test_two_publishers_at_once_tell_everybody_once(late: City, city_database: Database) -> None:
    jobs = [
        partial(nudge, late, "632", by=name, key=f"by-{name}")
        for name in (PUBLISHER, OTHER_PUBLISHER)
    ]

    outcomes = together(
        city_database, "SELECT 1 FROM evaluation WHERE code = '632' FOR UPDATE", jobs
    )

    assert sorted(done.sheets for done in outcomes) == [0, 1]
    assert late.events("632").count("nudge") == 1
    assert (
        late.scalar(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM notice WHERE kind = 'nudge'"
            " GROUP BY evaluation_id, recipient_id) x"
        )
        == 1
    )
