"""Opening a cycle: dates, moved deadlines, evaluations, timers, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, SHEETS
from workflow.application import Application
from workflow.clock import OFFICE_ZONE
from workflow.definition.load import parse, standard
from workflow.errors import BadInput, Refused
from workflow.models import CycleKind
from workflow.policy import SYSTEM, Actor
from workflow.services import closed_days, cycles
from workflow.services.cycles import CycleSpec

DATES = {
    "draft": date(2022, 7, 15),
    "department_review": date(2022, 8, 5),
    "bureau_approval": date(2022, 8, 26),
    "approved": date(2022, 9, 30),
}


def a_spec(city: City, **changes: object) -> CycleSpec:
    plan_id = city.scalar("SELECT id FROM master_plan")
    spec = CycleSpec(
        kind=CycleKind.INTERIM,
        target_fiscal_year=2022,
        plan_id=plan_id,
        definition=standard(),
        rating_scale=("☆", "☆☆", "☆☆☆", "☆☆☆☆"),
        deadlines=DATES,
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def open_cycle(city: City, spec: CycleSpec, by: Actor | None = None) -> int:
    with city.application.command(by or city.actor(PUBLISHER)) as ctx:
        return cycles.open_cycle(ctx, spec)


def test_only_publishers_open_a_cycle(city: City) -> None:
    before = city.counts()

    for name in (ADMINISTRATOR, APPROVER, DRAFTERS["611"]):
        with pytest.raises(Refused, match="publishers_only"):
            open_cycle(city, a_spec(city), city.actor(name))

    assert city.counts() == before


def test_a_cycle_has_one_evaluation_per_measure_in_the_first_stage(city: City) -> None:
    cycle_id = open_cycle(city, a_spec(city))

    rows = city.rows(
        "SELECT key, state, round, version FROM evaluation WHERE cycle_id = :id ORDER BY key",
        id=cycle_id,
    )
    assert [row.key for row in rows] == [
        f"interim-2022-1/{code}" for code in ("611", "612", "621", "631", "632")
    ]
    assert {(row.state, row.round) for row in rows} == {("draft", 1)}
    assert city.verify().broken == ()


def test_the_sheets_begin_empty_where_nothing_is_handed_in(city: City) -> None:
    open_cycle(city, a_spec(city))

    content = city.page(SYSTEM, "611").content
    assert (content.objective, content.rating) == ("", None)
    assert content.target_fiscal_year == 2022


def test_a_cycle_pins_the_definition_it_was_opened_with(city: City) -> None:
    changed = parse(standard().source.replace("作成中", "起案中"))
    cycle_id = open_cycle(city, a_spec(city, definition=changed))

    assert city.page(SYSTEM, "611").stage.label == "起案中"
    old = city.scalar("SELECT id FROM evaluation WHERE cycle_id <> :id LIMIT 1", id=cycle_id)
    assert old is not None
    assert city.scalar("SELECT count(*) FROM pinned_definition") == 2


def test_the_same_cycle_is_not_opened_twice(city: City) -> None:
    open_cycle(city, a_spec(city))

    with pytest.raises(BadInput, match="cycle_exists"):
        open_cycle(city, a_spec(city))

    assert open_cycle(city, a_spec(city, number=2)) is not None


def test_a_deadline_on_a_closed_day_moves_to_the_next_open_one_and_says_why(city: City) -> None:
    spec = a_spec(
        city,
        deadlines={
            "draft": date(2022, 7, 16),  # a Saturday; Monday is 海の日
            "department_review": date(2022, 8, 11),  # 山の日
            "bureau_approval": date(2022, 12, 29),
            "approved": date(2023, 2, 10),
        },
    )
    cycle_id = open_cycle(city, spec)

    rows = city.rows(
        """SELECT stage, wanted_on, due_on, due_at, moved_because FROM cycle_deadline
           WHERE cycle_id = :id ORDER BY due_on""",
        id=cycle_id,
    )
    assert [(r.stage, r.wanted_on, r.due_on, r.moved_because) for r in rows] == [
        ("draft", date(2022, 7, 16), date(2022, 7, 19), "moved_weekend:土曜日"),
        ("department_review", date(2022, 8, 11), date(2022, 8, 12), "moved_closed_day:山の日"),
        ("bureau_approval", date(2022, 12, 29), date(2023, 1, 4), "moved_closed_day:年末の休日"),
        ("approved", date(2023, 2, 10), date(2023, 2, 10), None),
    ]
    # 17:15 in Tokyo.
    assert rows[0].due_at == datetime(2022, 7, 19, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"department_review": date(2022, 7, 14)}, "deadlines.department_review", "out_of_order"),
        ({"approved": date(2022, 8, 25)}, "deadlines.approved", "out_of_order"),
        ({"council": date(2022, 8, 25)}, "deadlines.council", "unknown_stage"),
        ({"published": date(2022, 12, 1)}, "deadlines.published", "unknown_stage"),
    ],
)
def test_dates_that_make_no_sense_are_refused_with_their_stage(
    city: City, changes: dict[str, date], path: str, code: str
) -> None:
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        open_cycle(city, a_spec(city, deadlines=DATES | changes))

    [fault] = refused.value.faults
    assert fault.path == path
    assert fault.code.endswith(code)
    assert city.counts() == before


def test_two_stages_may_end_on_the_same_day(city: City) -> None:
    assert open_cycle(city, a_spec(city, deadlines=dict.fromkeys(DATES, date(2022, 8, 5))))


def test_a_date_outside_of_the_calendar_is_refused_and_named(city: City) -> None:
    with pytest.raises(BadInput) as refused:
        open_cycle(city, a_spec(city, deadlines=DATES | {"approved": date(2031, 4, 1)}))

    assert refused.value.code == "calendar_not_covered"
    assert refused.value.values["day"] == date(2031, 4, 1)


def test_before_the_calendar_is_seeded_nothing_is_opened(
    empty_application: Application,
) -> None:
    with (
        pytest.raises(BadInput, match="calendar_empty"),
        empty_application.command(SYSTEM) as ctx,
    ):
        cycles.open_cycle(
            ctx,
            CycleSpec(
                kind=CycleKind.INTERIM,
                target_fiscal_year=2022,
                plan_id=1,
                definition=standard(),
                rating_scale=("A",),
            ),
        )


def test_stages_without_a_date_get_a_proposal_in_business_days(city: City) -> None:
    """The sample city was opened on 1 June 2022 without dates: 15, 25, 35, 45 business days."""
    rows = city.rows("SELECT stage, due_on FROM cycle_deadline ORDER BY due_on")

    assert [tuple(row) for row in rows] == [
        ("draft", date(2022, 6, 22)),
        ("department_review", date(2022, 7, 6)),
        ("bureau_approval", date(2022, 7, 21)),
        ("approved", date(2022, 8, 4)),
    ]


def test_the_ladder_of_each_stage_is_projected_on_business_days_at_a_quarter_to_nine(
    city: City,
) -> None:
    rows = city.rows("SELECT stage, kind, due_at FROM cycle_rung ORDER BY due_at, kind")

    told = [(r.stage, r.kind, r.due_at.astimezone(OFFICE_ZONE)) for r in rows]
    assert {f"{at:%H:%M}" for _, _, at in told} == {"08:45"}
    assert [(stage, kind, f"{at:%m-%d}") for stage, kind, at in told if stage != "approved"] == [
        ("draft", "reminder", "06-15"),
        ("draft", "reminder", "06-20"),
        ("draft", "reminder", "06-22"),
        ("draft", "escalation", "06-23"),
        ("draft", "overdue", "06-23"),
        ("draft", "escalation", "06-27"),
        ("draft", "escalation", "06-29"),
        ("department_review", "reminder", "07-04"),
        ("department_review", "reminder", "07-06"),
        ("department_review", "overdue", "07-07"),
        ("department_review", "escalation", "07-11"),
        ("department_review", "escalation", "07-13"),
        # 海の日 (18 July) and a weekend lie between.
        ("bureau_approval", "reminder", "07-19"),
        ("bureau_approval", "reminder", "07-21"),
        ("bureau_approval", "overdue", "07-22"),
        ("bureau_approval", "escalation", "07-26"),
        ("bureau_approval", "escalation", "07-28"),
    ]


def test_every_evaluation_starts_with_the_timers_of_its_stage(city: City) -> None:
    rows = city.rows("""
        SELECT evaluation_id, count(*) AS timers FROM timer WHERE settled_at IS NULL
        GROUP BY evaluation_id
    """)

    assert [row.timers for row in rows] == [7] * 5


def test_a_reminder_that_lies_in_the_past_is_not_planned_but_an_overdue_one_is(
    city: City, clock: Clock
) -> None:
    clock.now += timedelta(days=90)
    cycle_id = open_cycle(city, a_spec(city))

    rows = city.rows(
        """SELECT stage, kind FROM cycle_rung
           WHERE cycle_id = :id AND stage IN ('draft', 'approved')""",
        id=cycle_id,
    )
    assert {tuple(row) for row in rows} == {
        ("approved", "overdue"),
        ("draft", "overdue"),
        ("draft", "escalation"),
    }


def test_everybody_who_drafts_is_told_at_the_opening_and_nobody_else(city: City) -> None:
    rows = city.rows("""
        SELECT e.code, p.sign_in_name FROM notice n JOIN person p ON p.id = n.recipient_id
        JOIN evaluation e ON e.id = n.evaluation_id WHERE n.kind = 'your_turn'
    """)

    told: dict[str, set[str]] = {}
    for row in rows:
        told.setdefault(row.code, set()).add(row.sign_in_name)
    expected = {code: {DRAFTERS[code], COLLEAGUES[code]} for code in SHEETS}
    expected["621"].add("ishida.makoto")
    assert told == expected


def test_a_closed_day_that_the_office_edited_is_not_overwritten_by_a_seed(
    city: City, application: Application
) -> None:
    with application.command(SYSTEM) as ctx:
        closed_days.seed(ctx, first_year=2022, last_year=2022)
        ctx.execute(sa.text("UPDATE closed_day SET name = '開庁記念日' WHERE day = '2022-07-18'"))
        ctx.execute(sa.text("DELETE FROM closed_day WHERE day = '2022-08-11'"))
    with application.command(SYSTEM) as ctx:
        closed_days.seed(ctx, first_year=2022, last_year=2027)

    with application.query(SYSTEM) as ctx:
        calendar = closed_days.load(ctx)
    assert calendar.closed_reason(date(2022, 7, 18)) == "開庁記念日"
    assert calendar.is_open(date(2022, 8, 11))
    assert calendar.covers_until == date(2027, 12, 31)
    assert calendar.closed_reason(date(2027, 1, 1)) == "元日"


def test_only_administrators_seed_the_calendar(city: City, application: Application) -> None:
    with (
        pytest.raises(Refused, match="administrators_only"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        closed_days.seed(ctx, first_year=2022, last_year=2022)
