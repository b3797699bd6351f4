"""Mails that people do without: only what the office allows, never what is late."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, time

import pytest

from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.errors import BadInput, Refused
from workflow.models import DECLINABLE, NoticeKind
from workflow.queries.coming_notices import coming_notices
from workflow.services import mail_choices

DRAFTER = DRAFTERS["611"]


def allow(city: City, kinds: Collection[str], *, by: str = ADMINISTRATOR) -> None:
    with city.application.command(city.actor(by)) as ctx:
        mail_choices.allow(ctx, kinds)


def decline(city: City, kinds: Collection[str], *, by: str = DRAFTER) -> None:
    with city.application.command(city.actor(by)) as ctx:
        mail_choices.decline(ctx, kinds)


def test_only_administrators_say_what_may_be_declined(city: City) -> None:
    for name in (DRAFTER, APPROVER, PUBLISHER):
        with pytest.raises(Refused, match="administrators_only"):
            allow(city, {"reminder"}, by=name)


def test_who_has_a_one_time_password_chooses_nothing_yet(city: City) -> None:
    actor = replace(city.actor(DRAFTER), must_change_password=True)
    with (
        pytest.raises(Refused, match="change_password_first"),
        city.application.command(actor) as ctx,
    ):
        mail_choices.decline(ctx, set())


@pytest.mark.parametrize("kind", sorted(set(NoticeKind) - set(DECLINABLE)))
def test_what_is_late_or_came_back_is_never_declined(city: City, kind: str) -> None:
    with pytest.raises(BadInput, match="not_a_choice"):
        allow(city, {kind})
    with pytest.raises(BadInput, match="not_a_choice"):
        decline(city, {kind})


def test_nothing_is_declined_that_the_office_does_not_allow(city: City) -> None:
    allow(city, {"published"})
    with pytest.raises(BadInput, match="not_a_choice"):
        decline(city, {"reminder"})

    assert city.scalar("SELECT count(*) FROM declined_notice") == 0


def test_a_declined_reminder_is_recorded_and_not_mailed_but_the_overdue_notice_is(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    allow(city, {"reminder"})
    decline(city, {"reminder"})
    city.tick(transport)
    transport.forget()

    clock.set(date(2022, 6, 15), time(9, 0))
    city.tick(transport)
    assert transport.to(DRAFTER) == []
    assert len(transport.to(DRAFTERS["612"])) == 1
    assert city.scalar(
        "SELECT gathered_at FROM notice WHERE kind = 'reminder' AND recipient_id = :person",
        person=city.person_id(DRAFTER),
    ) is not None  # fmt: skip

    clock.set(date(2022, 6, 23), time(9, 0))
    city.tick(transport)
    [mail] = transport.to(DRAFTER)
    assert "期限が過ぎています" in str(mail["Subject"])


def test_a_declined_your_turn_is_not_mailed_at_once(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    allow(city, {"your_turn"})
    decline(city, {"your_turn"}, by=REVIEWERS["611"])
    city.tick(transport)
    transport.forget()
    clock.forward(minutes=10)
    city.submit("611")
    city.tick(transport)

    assert transport.sent == []


def test_what_is_no_longer_allowed_is_mailed_again(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    allow(city, {"reminder"})
    decline(city, {"reminder"})
    allow(city, set())
    city.tick(transport)
    transport.forget()

    clock.set(date(2022, 6, 15), time(9, 0))
    city.tick(transport)
    assert len(transport.to(DRAFTER)) == 1


def test_choosing_again_replaces_the_choice_before(city: City) -> None:
    allow(city, {"reminder", "published"})
    decline(city, {"reminder"})
    decline(city, {"published"})

    kinds = [row.kind for row in city.rows("SELECT kind FROM declined_notice")]
    assert kinds == ["published"]


def test_the_preview_leaves_out_what_is_declined(city: City) -> None:
    allow(city, {"reminder"})
    decline(city, {"reminder"})
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        days = coming_notices(ctx, days=30)

    mine = [
        (day.day, str(notice.kind))
        for day in days
        for mail in day.mails
        if mail.person_id == city.person_id(DRAFTER)
        for notice in mail.notices
    ]
    assert mine
    assert "reminder" not in {kind for _, kind in mine}
