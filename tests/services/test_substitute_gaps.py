"""A substitute goes away as well: what that opens, who is told of it, and when it holds no more."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from tests.authority import away, back, end_posts, today
from tests.city import City
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, REVIEWERS
from workflow.errors import Refused
from workflow.models import AbsenceKind
from workflow.policy import Permission
from workflow.queries import absences
from workflow.services import gap_mails, substitute_gaps
from workflow.services.absences import AbsenceForm
from workflow.services.substitute_gaps import Gap

#: 市民自治部長 names 市民課長, then まちづくり推進課長.
HEAD, FIRST, SECOND = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
KIMURA, YAMADA = "市民課長 木村 大輔", "まちづくり推進課長 山田 花子"
REVIEW = "department_review"
DAY = timedelta(days=1)


def gaps(city: City) -> list[tuple[int, int, tuple[str, ...], tuple[str, ...], bool]]:
    """First and last day from today, who is away, who is left, whether the next one is asked."""
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        found = [gap for one in substitute_gaps.of_absences(ctx) for gap in one.gaps]
    return [plain(gap) for gap in found]


def plain(gap: Gap) -> tuple[int, int, tuple[str, ...], tuple[str, ...], bool]:
    first, last = ((day - today()).days for day in (gap.first_day, gap.last_day))
    return first, last, gap.missing, gap.left, gap.is_led


def opened(city: City, name: str, first: int, last: int, *, by: str | None = None) -> list[Gap]:
    form = AbsenceForm(today() + first * DAY, today() + last * DAY, AbsenceKind.LEAVE, {})
    with city.application.query(city.actor(by or name)) as ctx:
        return list(absences.opened(ctx, city.person_id(name), form))


def head_is_away(city: City, *substitutes: str, last: int = 9) -> int:
    named = {REVIEW: list(substitutes)}
    return away(city, HEAD, last=today() + last * DAY, substitutes=named)


def told(transport: RecordingTransport, name: str) -> list[str]:
    """Subject and words of the mails about substitutes that somebody got."""
    return [
        f"{mail['Subject']}\n{body_of(mail)}"
        for mail in transport.to(name)
        if "代理者の不在" in str(mail["Subject"])
    ]


# What opens


def test_nobody_asks_what_somebody_elses_absence_opens(city: City) -> None:
    head_is_away(city, FIRST)

    with pytest.raises(Refused, match="own_absence_only"):
        opened(city, FIRST, 1, 2, by=SECOND)
    assert len(opened(city, FIRST, 1, 2, by=ADMINISTRATOR)) == 1


def test_the_next_in_order_stands_in_on_the_days_on_which_the_first_is_away(city: City) -> None:
    head_is_away(city, FIRST, SECOND)
    assert gaps(city) == []

    foreseen = [plain(gap) for gap in opened(city, FIRST, 3, 20)]
    away(city, FIRST, first=today() + 3 * DAY, last=today() + 20 * DAY)

    assert foreseen == gaps(city) == [(3, 9, (KIMURA,), (YAMADA,), True)]


def test_who_comes_later_leaves_the_first_as_before(city: City) -> None:
    head_is_away(city, FIRST, SECOND)

    [gap] = opened(city, SECOND, 0, 1)

    assert plain(gap) == (0, 1, (YAMADA,), (KIMURA,), False)
    assert gap.stages == ()


def test_where_nobody_is_left_the_stages_of_running_routes_are_named(city: City) -> None:
    head_is_away(city, FIRST)

    [gap] = opened(city, FIRST, 2, 2)

    assert plain(gap) == (2, 2, (KIMURA,), (), True)
    assert [stage.label for stage in gap.stages] == ["部局審査"]
    assert gap.name == "高橋 典子"


def test_days_on_which_others_are_away_stand_apart(city: City) -> None:
    head_is_away(city, FIRST, SECOND)
    away(city, SECOND, first=today() + 4 * DAY, last=today() + 6 * DAY)

    assert [plain(gap) for gap in opened(city, FIRST, 2, 5)] == [
        (2, 3, (KIMURA,), (YAMADA,), True),
        (4, 5, (KIMURA, YAMADA), (), True),
    ]


def test_an_absence_on_other_days_or_of_somebody_else_opens_nothing(city: City) -> None:
    head_is_away(city, FIRST, last=3)

    assert opened(city, FIRST, 4, 8) == []
    assert opened(city, SECOND, 0, 3) == []
    assert opened(city, HEAD, 0, 3) == []


def test_a_gap_ends_with_either_absence_and_with_its_days(city: City, clock: Clock) -> None:
    first = head_is_away(city, FIRST)
    second = away(city, FIRST, first=today() + DAY, last=today() + 2 * DAY)
    assert len(gaps(city)) == 1

    clock.set(today() + 2 * DAY)
    assert gaps(city) == [(2, 2, (KIMURA,), (), True)]
    back(city, second, by=FIRST)
    assert gaps(city) == []
    away(city, FIRST, first=today() + 2 * DAY, last=today() + 3 * DAY)
    assert len(gaps(city)) == 1
    back(city, first, by=HEAD)
    assert gaps(city) == []


def test_whose_post_ends_is_neither_left_nor_missed(city: City) -> None:
    head_is_away(city, FIRST, SECOND)
    end_posts(city, SECOND, last_day=today() + 4 * DAY)
    away(city, FIRST, first=today() + 4 * DAY, last=today() + 5 * DAY)

    assert gaps(city) == [
        (4, 4, (KIMURA,), (YAMADA,), True),
        (5, 5, (KIMURA,), (), True),
    ]


# Who is told


def test_who_named_them_is_told_once_by_mail_in_both_languages(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    head_is_away(city, FIRST, SECOND)
    city.tick(quiet)
    assert told(quiet, HEAD) == []
    away(city, FIRST, first=today() + DAY, last=today() + 2 * DAY)

    for _ in range(2):
        city.tick(quiet)
        clock.forward(minutes=10)

    [said] = told(quiet, HEAD)
    assert said.startswith("【行政評価】代理者の不在について\n高橋 典子 様\n")
    assert (
        "・部局審査、令和4年6月2日（木）から令和4年6月3日（金）: 市民課長 木村 大輔が不在です。"
        "次の順位のまちづくり推進課長 山田 花子が代理します。\n"
    ) in said
    assert (
        "- Department review, 2022-06-02 to 2022-06-03: 市民課長 木村 大輔 away. "
        "まちづくり推進課長 山田 花子 comes next and stands in.\n"
    ) in said
    assert "http://localhost:8000/absences\n" in said
    assert told(quiet, FIRST) == told(quiet, SECOND) == []


def test_where_nobody_is_left_the_mail_says_what_the_route_says_next(
    city: City, quiet: RecordingTransport
) -> None:
    head_is_away(city, FIRST)
    away(city, FIRST)
    named = {"bureau_approval": ["okamoto.sachiko"]}
    away(city, APPROVER, substitutes=named)
    away(city, "okamoto.sachiko")
    city.tick(quiet)

    [said] = told(quiet, HEAD)
    assert "代理者がいなくなります。「部局審査」の流れの定め: 次の順の人が処理する → " in said
    assert "No substitute is left. What the route says for “Department review”: " in said
    [decides] = told(quiet, APPROVER)
    assert "代理者がいなくなります。「総合政策部承認」は、戻るまで止まります。" in decides
    assert "“Bureau approval” waits for the return." in decides


def test_whoever_registered_it_for_them_is_told_as_well(
    city: City, quiet: RecordingTransport
) -> None:
    away(city, HEAD, by=ADMINISTRATOR, last=today() + 3 * DAY, substitutes={REVIEW: [FIRST]})
    away(city, FIRST, last=today() + DAY)
    city.tick(quiet)

    [said] = told(quiet, ADMINISTRATOR)
    assert "高橋 典子さんの不在（令和4年6月1日（水）から令和4年6月4日（土））の代理者のうち" in said
    assert "高橋 典子's absence (2022-06-01 to 2022-06-04)" in said
    assert "http://localhost:8000/administration/absences\n" in said
    assert len(told(quiet, HEAD)) == 1


def test_when_the_substitute_is_back_that_is_told_and_days_that_pass_are_not(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    head_is_away(city, FIRST)
    gone = away(city, FIRST, last=today() + 8 * DAY)
    city.tick(quiet)
    clock.set(today() + DAY, time(9, 0))
    city.tick(quiet)
    assert len(told(quiet, HEAD)) == 1

    back(city, gone, by=FIRST)
    city.tick(quiet)
    clock.set(today() + 2 * DAY, time(9, 0))
    city.tick(quiet)

    [_, said] = told(quiet, HEAD)
    assert said.startswith("【行政評価】代理者の不在がなくなりました\n")
    assert "きょうから先の日に不在の人はいません。" in said
    assert "What was told of substitutes holds no more." in said


def test_a_gap_that_is_over_by_itself_is_told_no_more(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    head_is_away(city, FIRST)
    away(city, FIRST)
    city.tick(quiet)
    clock.set(today() + DAY, time(9, 0))
    city.tick(quiet)

    assert len(told(quiet, HEAD)) == 1


def test_one_more_who_goes_away_is_told_with_the_whole_state(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    head_is_away(city, FIRST, SECOND)
    away(city, FIRST, last=today() + DAY)
    city.tick(quiet)
    clock.forward(minutes=1)
    away(city, SECOND, first=today() + DAY, last=today() + DAY)
    city.tick(quiet)

    [_, said] = told(quiet, HEAD)
    assert "・部局審査、令和4年6月1日（水）: 市民課長 木村 大輔が不在です。次の順位の" in said
    assert (
        "・部局審査、令和4年6月2日（木）: 市民課長 木村 大輔、まちづくり推進課長 山田 花子が"
        in said
    )


def test_in_the_night_nothing_is_written_and_what_holds_no_more_is_never_told(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """Saturday; on Monday at 8:45 the substitute is back already."""
    head_is_away(city, FIRST, last=20)
    clock.set(date(2022, 6, 4), time(10, 0))
    gone = away(city, FIRST, first=date(2022, 6, 4), last=date(2022, 6, 10))
    city.tick(quiet)
    assert city.scalar("SELECT count(*) FROM mail WHERE slot LIKE 'account-day-absence-%'") == 0

    clock.set(date(2022, 6, 6), time(8, 0))
    back(city, gone, by=FIRST)
    clock.set(date(2022, 6, 6), time(9, 0))
    city.tick(quiet)

    assert told(quiet, HEAD) == []


def test_a_mail_that_waits_is_taken_back_with_the_absence(
    city: City, quiet: RecordingTransport
) -> None:
    absence = head_is_away(city, FIRST)
    away(city, FIRST)
    assert gap_mails.tell_due(city.application) == 1
    back(city, absence, by=HEAD)
    city.tick(quiet)

    assert told(quiet, HEAD) == []
    assert city.scalar(
        "SELECT state FROM mail WHERE slot LIKE 'account-day-absence-%'"
    ) == "superseded"  # fmt: skip


def test_an_address_that_is_refused_is_left_alone(city: City, quiet: RecordingTransport) -> None:
    head_is_away(city, FIRST)
    away(city, FIRST)
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        ctx.require(Permission.ADMINISTER)
        ctx.execute(
            sa.text("UPDATE person SET mail_state = 'refused' WHERE id = :id"),
            {"id": city.person_id(HEAD)},
        )
    city.tick(quiet)

    assert city.scalar("SELECT count(*) FROM mail WHERE slot LIKE 'account-day-absence-%'") == 0
