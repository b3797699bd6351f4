"""Deadlines in Tokyo: fixing, days left, lateness, the ladder of reminders."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendar.business_days import (
    BusinessCalendar,
    CalendarNotCovered,
    year_end_closed_days,
)
from workflow.calendar.deadlines import (
    TOKYO,
    Deadline,
    DeadlineMove,
    MoveCode,
    PlannedTimer,
    Rung,
    RungKind,
    days_left,
    fix_deadline,
    is_overdue,
    plan_timers,
)

CLOSE_OF_BUSINESS = time(17, 15)
CALENDAR = BusinessCalendar(
    closed_days={
        date(2026, 5, 3): "憲法記念日",
        date(2026, 5, 4): "みどりの日",
        date(2026, 5, 5): "こどもの日",
        date(2026, 5, 6): "振替休日",
        date(2026, 9, 21): "敬老の日",
        date(2026, 9, 22): "国民の休日",
        date(2026, 9, 23): "秋分の日",
        **year_end_closed_days(2026),
    },
    covers_from=date(2026, 1, 5),
    covers_until=date(2027, 3, 31),
)
LADDER = (
    Rung(RungKind.REMINDER, 1, -5),
    Rung(RungKind.REMINDER, 2, -2),
    Rung(RungKind.REMINDER, 3, 0),
    Rung(RungKind.OVERDUE, 1, 1),
    Rung(RungKind.ESCALATION, 1, 3),
    Rung(RungKind.ESCALATION, 2, 5),
)
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


def in_tokyo(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TOKYO)  # type: ignore[arg-type,misc]


def test_the_last_moment_is_given_in_utc() -> None:
    instant = Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS).instant()

    assert instant == datetime(2026, 7, 15, 8, 15, tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_an_early_cut_off_lies_on_the_day_before_in_utc() -> None:
    assert Deadline(date(2026, 7, 15), time(8, 30)).instant() == datetime(
        2026, 7, 14, 23, 30, tzinfo=UTC
    )


def test_a_cut_off_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has a zone"):
        Deadline(date(2026, 7, 15), time(17, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("wanted", "due_on", "move"),
    [
        (date(2026, 7, 15), date(2026, 7, 15), None),
        (date(2026, 6, 6), date(2026, 6, 8), (MoveCode.MOVED_WEEKEND, "土曜日")),
        (date(2026, 6, 7), date(2026, 6, 8), (MoveCode.MOVED_WEEKEND, "日曜日")),
        (date(2026, 5, 2), date(2026, 5, 7), (MoveCode.MOVED_WEEKEND, "土曜日")),
        (date(2026, 5, 3), date(2026, 5, 7), (MoveCode.MOVED_CLOSED_DAY, "憲法記念日")),
        (date(2026, 9, 22), date(2026, 9, 24), (MoveCode.MOVED_CLOSED_DAY, "国民の休日")),
        (date(2026, 12, 31), date(2027, 1, 4), (MoveCode.MOVED_CLOSED_DAY, "年末の休日")),
    ],
)
def test_a_closed_day_moves_the_deadline_and_says_why(
    wanted: date, due_on: date, move: tuple[MoveCode, str] | None
) -> None:
    deadline, moved = fix_deadline(wanted, CALENDAR, CLOSE_OF_BUSINESS)

    assert deadline == Deadline(due_on, CLOSE_OF_BUSINESS)
    assert moved == (None if move is None else DeadlineMove(wanted, *move))


def test_a_deadline_the_calendar_does_not_cover_is_not_fixed() -> None:
    with pytest.raises(CalendarNotCovered):
        fix_deadline(date(2027, 4, 1), CALENDAR, CLOSE_OF_BUSINESS)


@pytest.mark.parametrize(
    ("now", "left", "overdue"),
    [
        (in_tokyo(2026, 7, 13, 23, 59), 2, False),
        (in_tokyo(2026, 7, 14, 0, 0), 1, False),
        (in_tokyo(2026, 7, 15, 0, 0), 0, False),
        (in_tokyo(2026, 7, 15, 17, 15), 0, False),
        (in_tokyo(2026, 7, 15, 17, 15, 0, 1), 0, True),
        (in_tokyo(2026, 7, 15, 23, 59), 0, True),
        (in_tokyo(2026, 7, 18, 9, 0), -3, True),
        # the same moments named in UTC: midnight in Tokyo is 15:00 there
        (datetime(2026, 7, 14, 14, 59, tzinfo=UTC), 1, False),
        (datetime(2026, 7, 14, 15, 0, tzinfo=UTC), 0, False),
        (datetime(2026, 7, 15, 15, 0, tzinfo=UTC), -1, True),
    ],
)
def test_days_are_counted_in_tokyo(now: datetime, left: int, overdue: bool) -> None:
    deadline = Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS)

    assert days_left(deadline, now) == left
    assert is_overdue(deadline, now) is overdue


def test_a_naive_present_is_refused() -> None:
    deadline = Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS)
    naive = datetime(2026, 7, 15, 9, 0)  # noqa: DTZ001 - the mistake that is refused

    with pytest.raises(ValueError, match="no zone"):
        days_left(deadline, naive)
    with pytest.raises(ValueError, match="no zone"):
        is_overdue(deadline, naive)
    with pytest.raises(ValueError, match="no zone"):
        plan_timers(deadline, LADDER, CALENDAR, not_before=naive)


@given(
    st.dates(date(2026, 2, 1), date(2026, 12, 1)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - zone comes below
    st.integers(-12, 14),
)
def test_days_left_does_not_depend_on_the_zone_the_present_is_told_in(
    due_on: date, moment: datetime, hours: int
) -> None:
    deadline = Deadline(due_on, CLOSE_OF_BUSINESS)
    now = moment.replace(tzinfo=UTC)
    elsewhere = now.astimezone(timezone(timedelta(hours=hours)))

    assert days_left(deadline, elsewhere) == days_left(deadline, now)
    assert is_overdue(deadline, elsewhere) == is_overdue(deadline, now)
    if days_left(deadline, now) != 0:
        assert is_overdue(deadline, now) is (days_left(deadline, now) < 0)


def test_the_ladder_stands_on_business_days_at_a_quarter_to_nine() -> None:
    deadline = Deadline(date(2026, 9, 18), CLOSE_OF_BUSINESS)  # the Friday before five closed days

    planned = plan_timers(deadline, LADDER, CALENDAR, not_before=LONG_AGO)

    assert [(t.kind, t.number, t.due_at.astimezone(TOKYO)) for t in planned] == [
        ("reminder", 1, in_tokyo(2026, 9, 11, 8, 45)),
        ("reminder", 2, in_tokyo(2026, 9, 16, 8, 45)),
        ("reminder", 3, in_tokyo(2026, 9, 18, 8, 45)),
        ("overdue", 1, in_tokyo(2026, 9, 24, 8, 45)),
        ("escalation", 1, in_tokyo(2026, 9, 28, 8, 45)),
        ("escalation", 2, in_tokyo(2026, 9, 30, 8, 45)),
    ]
    assert planned[0].due_at == datetime(2026, 9, 10, 23, 45, tzinfo=UTC)
    assert all(timer.due_at.tzinfo is UTC for timer in planned)


def test_the_digest_time_can_be_another() -> None:
    deadline = Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS)

    planned = plan_timers(
        deadline, LADDER[2:3], CALENDAR, not_before=LONG_AGO, digest_time=time(9, 30)
    )

    assert planned == (
        PlannedTimer(RungKind.REMINDER, 3, datetime(2026, 7, 15, 0, 30, tzinfo=UTC)),
    )


def test_a_reminder_for_a_moment_gone_by_is_left_out_and_lateness_is_kept() -> None:
    deadline = Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS)

    on_the_day = plan_timers(deadline, LADDER, CALENDAR, not_before=in_tokyo(2026, 7, 15, 8, 45))
    just_after = plan_timers(deadline, LADDER, CALENDAR, not_before=in_tokyo(2026, 7, 15, 8, 45, 1))
    weeks_after = plan_timers(deadline, LADDER, CALENDAR, not_before=in_tokyo(2026, 8, 15, 9, 0))

    assert [(t.kind, t.number) for t in on_the_day] == [
        ("reminder", 3), ("overdue", 1), ("escalation", 1), ("escalation", 2),
    ]  # fmt: skip
    assert just_after == on_the_day[1:]
    assert weeks_after == just_after


def test_no_reminder_comes_after_the_last_moment() -> None:
    """The due date was closed after it was fixed, or the cut-off lies before the digest."""
    closed_later = Deadline(date(2026, 9, 22), CLOSE_OF_BUSINESS)
    early = Deadline(date(2026, 7, 15), time(8, 30))
    at_the_digest = Deadline(date(2026, 7, 15), time(8, 45))

    reminders = LADDER[:3]
    for_closed = plan_timers(closed_later, reminders, CALENDAR, not_before=LONG_AGO)
    for_early = plan_timers(early, reminders, CALENDAR, not_before=LONG_AGO)

    assert [timer.number for timer in for_closed] == [1, 2]
    assert [timer.number for timer in for_early] == [1, 2]
    assert len(plan_timers(at_the_digest, reminders, CALENDAR, not_before=LONG_AGO)) == 3


@given(
    st.dates(date(2026, 2, 1), date(2026, 12, 20)),
    st.datetimes(datetime(2026, 1, 5), datetime(2027, 1, 31)),  # noqa: DTZ001 - zone comes below
)
def test_every_timer_falls_on_an_open_day_and_on_its_side_of_the_deadline(
    wanted: date, moment: datetime
) -> None:
    deadline, _ = fix_deadline(wanted, CALENDAR, CLOSE_OF_BUSINESS)
    not_before = moment.replace(tzinfo=UTC)

    planned = plan_timers(deadline, LADDER, CALENDAR, not_before=not_before)

    assert list(planned) == sorted(planned, key=lambda timer: timer.due_at)
    for timer in planned:
        assert CALENDAR.is_open(timer.due_at.astimezone(TOKYO).date())
        if timer.kind == RungKind.REMINDER:
            assert not_before <= timer.due_at <= deadline.instant()
        else:
            assert timer.due_at > deadline.instant()


@pytest.mark.parametrize(
    ("kind", "offset"),
    [
        (RungKind.REMINDER, 1),
        (RungKind.OVERDUE, 0),
        (RungKind.OVERDUE, -1),
        (RungKind.ESCALATION, 0),
    ],
)
def test_a_step_on_the_wrong_side_of_the_due_date_is_refused(kind: RungKind, offset: int) -> None:
    with pytest.raises(ValueError, match="would come"):
        Rung(kind, 1, offset)


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="share kind and number"):
        plan_timers(
            Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS),
            (Rung(RungKind.REMINDER, 1, -5), Rung(RungKind.REMINDER, 1, -2)),
            CALENDAR,
            not_before=LONG_AGO,
        )


def test_a_digest_time_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has a zone"):
        plan_timers(
            Deadline(date(2026, 7, 15), CLOSE_OF_BUSINESS),
            LADDER,
            CALENDAR,
            not_before=LONG_AGO,
            digest_time=time(8, 45, tzinfo=UTC),
        )
