"""期限の延長: asked with a reason, granted or refused; the ladder stands still meanwhile."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from tests.authority import hold, lift
from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_PUBLISHER,
    PUBLISHER,
    REVIEWERS,
)
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.services import date_changes, extensions

LAST_DAY, LATER = date(2022, 6, 22), date(2022, 7, 6)


def ask(
    city: City,
    name: str = DRAFTERS["611"],
    *,
    code: str = "611",
    wanted: date = LATER,
    reason: str = "決算額の確定を待っています。",
) -> Any:
    page = city.page(name, code)
    with city.application.command(city.actor(name)) as ctx:
        return extensions.ask(
            ctx,
            evaluation_id=page.id,
            expected_version=page.version,
            wanted_on=wanted,
            reason=reason,
            request_key=f"ask-{name}-{wanted}",
        )


def decide(city: City, name: str = PUBLISHER, *, granted: bool = True, remark: str = "") -> Any:
    request = city.scalar("SELECT max(id) FROM extension_request") or 0
    with city.application.command(city.actor(name)) as ctx:
        return extensions.decide(
            ctx, request_id=request, granted=granted, remark=remark, request_key=f"decide-{request}"
        )


def due(city: City, code: str = "611") -> date:
    found: date = city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found


@pytest.mark.parametrize("name", [REVIEWERS["611"], APPROVER, DRAFTERS["612"], ADMINISTRATOR])
def test_only_whoever_has_the_sheet_asks(city: City, name: str) -> None:
    with pytest.raises(Refused):
        ask(city, name)


@pytest.mark.parametrize("name", [DRAFTERS["611"], REVIEWERS["611"], APPROVER, ADMINISTRATOR])
def test_only_the_bureau_decides(city: City, name: str) -> None:
    ask(city)

    with pytest.raises(Refused, match="publishers_only"):
        decide(city, name)


def test_bad_requests_are_refused_with_everything_that_is_wrong(city: City) -> None:
    with pytest.raises(BadInput) as refused:
        ask(city, wanted=LAST_DAY, reason=" ")

    assert {fault.code for fault in refused.value.faults} == {"reason_required", "not_later"}
    with pytest.raises(NotFound, match="no_such_extension"):
        decide(city)
    ask(city)
    with pytest.raises(Conflict, match="extension_asked"):
        ask(city, COLLEAGUES["611"], wanted=date(2022, 7, 7))
    with pytest.raises(BadInput):
        decide(city, granted=False)


def test_nobody_grants_their_own_request(city: City) -> None:
    city.bring_to("611", "approved")
    ask(city, PUBLISHER, wanted=date(2022, 12, 1))

    with pytest.raises(Refused, match="not_your_own_request"):
        decide(city, PUBLISHER)
    decide(city, OTHER_PUBLISHER)
    assert due(city) == date(2022, 12, 1)


def test_granted_it_is_due_later_and_the_ladder_begins_anew(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 21), time(9, 0))
    city.tick(transport)
    transport.forget()
    ask(city)
    city.tick(transport)
    assert any("延長" in str(mail["Subject"]) for mail in transport.to(PUBLISHER))
    clock.forward(minutes=10)
    decide(city, remark="確定後すぐに提出してください。")
    city.tick(transport)

    assert due(city) == LATER
    assert city.events("611")[-2:] == ["ask_extension", "grant_extension"]
    assert any("延長しました" in str(mail["Subject"]) for mail in transport.to(DRAFTERS["611"]))
    transport.forget()
    for day in (LAST_DAY, date(2022, 6, 23), date(2022, 6, 24), date(2022, 6, 27)):
        clock.set(day, time(9, 0))
        city.tick(transport)
    assert transport.to(DRAFTERS["611"]) == []
    assert transport.to(DRAFTERS["612"]) != []
    # Five business days before the new date it is said again, although it had been said before.
    clock.set(date(2022, 6, 29), time(9, 0))
    city.tick(transport)
    assert len(transport.to(DRAFTERS["611"])) == 1


def test_while_a_request_is_open_nobody_is_called_late(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    ask(city)
    city.tick(transport)
    transport.forget()
    clock.set(date(2022, 6, 29), time(9, 0))
    city.tick(transport)

    assert transport.to(DRAFTERS["611"]) == []


def test_refused_the_old_date_counts_again_and_one_mail_tells_how_late_it_is(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    ask(city)
    city.tick(transport)
    clock.set(date(2022, 6, 29), time(9, 0))
    decide(city, granted=False, remark="議会の日程が決まっています。")
    transport.forget()
    city.tick(transport)

    assert due(city) == LAST_DAY
    subjects = [str(mail["Subject"]) for mail in transport.to(DRAFTERS["611"])]
    assert sum("延長できません" in subject for subject in subjects) == 1
    assert sum("期限が過ぎています" in subject for subject in subjects) == 1


def test_a_decision_counts_once_and_not_after_the_sheet_moved_on(city: City) -> None:
    ask(city)
    decide(city)
    assert decide(city, granted=False, remark="二度目").repeated

    ask(city, code="612", name=DRAFTERS["612"])
    city.submit("612")
    with pytest.raises(Conflict, match="moved_on"):
        decide(city)
    assert city.verify().broken == ()


def test_a_sheet_with_a_date_of_its_own_keeps_it_when_the_others_move(city: City) -> None:
    ask(city)
    decide(city)
    cycle = city.cycle()
    with city.application.command(city.actor(PUBLISHER)) as ctx:
        date_changes.change_date(ctx, cycle_id=cycle, wanted={"draft": date(2022, 6, 24)})

    assert due(city) == LATER
    assert due(city, "612") == date(2022, 6, 24)


def test_a_wanted_day_that_is_closed_says_by_which_rule_it_moved(city: City) -> None:
    ask(city, wanted=date(2022, 7, 9))
    decide(city)

    assert due(city) == date(2022, 7, 11)
    told = city.scalar("""
        SELECT n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id
        WHERE v.action = 'grant_extension'
    """)
    assert "希望の令和4年7月9日（土）は閉庁日（土曜日）のため、次の開庁日" in told


def test_more_time_that_was_granted_while_on_hold_is_moved_by_the_rest_of_the_hold_alone(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 27))
    ask(city, REVIEWERS["611"], wanted=date(2022, 7, 20))
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2022, 7, 7))
    decide(city)
    assert due(city) == date(2022, 7, 20)

    clock.set(date(2022, 7, 11))
    lift(city, REVIEWERS["611"], "611")
    assert due(city) == date(2022, 7, 22)
    told = city.scalar("""
        SELECT n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id
        WHERE v.action = 'lift_hold'
    """)
    assert "令和4年7月20日（水） → 令和4年7月22日（金）" in told
