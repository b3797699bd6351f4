"""One row that cannot be worked off keeps nobody else waiting, and is not lost itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tests.authority import away
from tests.city import City, on_route
from tests.databases import Cluster, Database
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application, Context
from workflow.errors import Refused
from workflow.services import isolation, timers
from workflow.services.isolation import Blame, blame
from workflow.services.timers import MOST_ATTEMPTS

#: The first reminder of every draft.
REMINDER = date(2022, 6, 15)
_REFUSE = """
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this row is bad' USING ERRCODE = '{state}'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})
EXECUTE FUNCTION refuse();
"""

#: 621 gets the related departments of 612.
_ALSO_RELATED = """
INSERT INTO measure_related_department (measure_id, unit_id, position)
SELECT other.subject_id, d.unit_id, d.position
FROM measure_related_department d
JOIN evaluation e ON e.subject_id = d.measure_id AND e.code = '612'
JOIN evaluation other ON other.code = '621'
ON CONFLICT DO NOTHING
"""

Breaker = Callable[..., None]


def write_to(database: Database, script: str) -> None:
    """Behind the program's back."""
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(script.encode())


@pytest.fixture
def write(city_database: Database) -> Callable[[str], None]:
    """A script behind the program's back."""
    return partial(write_to, city_database)


@pytest.fixture
def refuse(write: Callable[[str], None]) -> Breaker:
    """``refuse("notice", "NEW.evaluation_id = 7")``: such rows cannot be written."""

    def add(table: str, condition: str, *, state: str = "P0001") -> None:
        write(_REFUSE.format(table=table, condition=condition, state=state))

    return add


@pytest.fixture
def quiet(city: City, clock: Clock, transport: RecordingTransport) -> RecordingTransport:
    """The morning of the first reminder; the mails of the opening are out."""
    city.tick(transport)
    transport.forget()
    clock.set(REMINDER, time(8, 45))
    return transport


def timers_of(city: City, code: str) -> list[tuple[int, str | None, str | None]]:
    """(attempts, outcome, reason) of those due."""
    rows = city.rows(
        "SELECT attempts, outcome, last_error FROM timer "
        "WHERE evaluation_id = :id AND (attempts > 0 OR outcome IS NOT NULL)",
        id=city.evaluation(code),
    )
    return [(row.attempts, row.outcome, row.last_error) for row in rows]


def failed_parts(city: City) -> list[str]:
    found: list[str] = city.scalar("SELECT detail -> 'failed' FROM heartbeat WHERE name = 'tick'")
    return found


def bad_state(city: City, write: Callable[[str], None], refuse: Breaker) -> None:
    """A sheet at a stage that its definition does not know: the program itself stumbles."""
    write("UPDATE evaluation SET state = 'nowhere' WHERE code = '611'")


def bad_notice(city: City, write: Callable[[str], None], refuse: Breaker) -> None:
    """A sheet whose notices the database refuses."""
    refuse("notice", f"NEW.evaluation_id = {city.evaluation('611')}")


@pytest.mark.parametrize(
    ("breaks", "said"),
    [(bad_state, "KeyError"), (bad_notice, "RaiseException")],
)
def test_one_timer_that_fails_keeps_no_other_reminder_and_no_heartbeat_waiting(
    city: City,
    clock: Clock,
    quiet: RecordingTransport,
    write: Callable[[str], None],
    refuse: Breaker,
    breaks: Callable[..., None],
    said: str,
) -> None:
    breaks(city, write, refuse)

    done = city.tick(quiet)

    assert done.failed == ()
    assert quiet.to(DRAFTERS["612"])
    assert quiet.to(DRAFTERS["632"])
    assert city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'") == clock.now
    for code in ("612", "621", "631", "632"):
        assert timers_of(city, code) == [(0, "fired", None)]
    [(attempts, outcome, reason)] = timers_of(city, "611")
    assert (attempts, outcome) == (1, None)
    assert reason is not None
    assert said in reason or "this row is bad" in reason


def test_a_timer_that_goes_on_failing_is_given_up_with_its_reason_and_logged_with_its_id(
    city: City, clock: Clock, quiet: RecordingTransport, write: Callable[[str], None],
    refuse: Breaker,
) -> None:  # fmt: skip
    bad_notice(city, write, refuse)

    with capture_logs() as logs:
        for _ in range(MOST_ATTEMPTS + 2):
            city.tick(quiet)
            clock.forward(seconds=30)

    [(attempts, outcome, reason)] = timers_of(city, "611")
    assert (attempts, outcome) == (MOST_ATTEMPTS, "dead")
    assert reason is not None
    assert reason.endswith("this row is bad")
    dead = city.scalar("SELECT id FROM timer WHERE outcome = 'dead'")
    failures = [entry for entry in logs if entry["event"] == "timer_failed"]
    assert [entry["timer"] for entry in failures] == [dead] * MOST_ATTEMPTS
    [given_up] = [entry for entry in logs if entry["event"] == "timer_dead"]
    assert given_up["evaluation"] == city.evaluation("611")
    # The others were repeated one by one once, and are not dragged in again.
    assert sum(entry["event"] == "timers_one_by_one" for entry in logs) == 1


def test_what_was_given_up_falls_due_again_when_an_administrator_says_so(
    city: City, clock: Clock, quiet: RecordingTransport, write: Callable[[str], None],
    refuse: Breaker,
) -> None:  # fmt: skip
    bad_notice(city, write, refuse)
    for _ in range(MOST_ATTEMPTS):
        city.tick(quiet)
    assert quiet.to(DRAFTERS["611"]) == []
    write("DROP TRIGGER refuse ON notice")
    for name in (DRAFTERS["611"], PUBLISHER):
        with (
            pytest.raises(Refused, match="administrators_only"),
            city.application.command(city.actor(name)) as ctx,
        ):
            timers.retry_dead(ctx)

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        assert timers.retry_dead(ctx) == 1
    clock.set(REMINDER + timedelta(days=1), time(8, 45))
    city.tick(quiet)

    assert timers_of(city, "611") == [(0, "fired", None)]
    assert quiet.to(DRAFTERS["611"])


def test_a_dead_timer_of_a_sheet_that_moved_on_stays_dead(
    city: City, quiet: RecordingTransport, write: Callable[[str], None], refuse: Breaker
) -> None:
    bad_notice(city, write, refuse)
    for _ in range(MOST_ATTEMPTS):
        city.tick(quiet)
    write("DROP TRIGGER refuse ON notice")
    city.submit("611")

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        assert timers.retry_dead(ctx) == 0


def test_what_was_only_in_the_way_is_not_counted(
    city: City, clock: Clock, quiet: RecordingTransport, refuse: Breaker
) -> None:
    """A deadlock each time: tried again at every tick, never given up.

    The digests of the others wait for it, five minutes at most.
    """
    refuse("notice", f"NEW.evaluation_id = {city.evaluation('611')}", state="40P01")

    for _ in range(MOST_ATTEMPTS + 1):
        city.tick(quiet)
        clock.forward(minutes=1)

    assert timers_of(city, "611") == []
    assert quiet.to(DRAFTERS["612"])


def test_a_database_that_goes_away_is_nobodys_fault_and_leaves_no_heartbeat(
    city: City, clock: Clock, quiet: RecordingTransport, refuse: Breaker
) -> None:
    before = city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'")
    refuse("notice", "true", state="57P01")

    with pytest.raises(sa.exc.OperationalError):
        city.tick(quiet)

    assert city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'") == before
    assert city.scalar("SELECT count(*) FROM timer WHERE attempts > 0") == 0


def test_a_wrong_schema_is_no_rows_fault_and_the_part_is_named(
    city: City, clock: Clock, quiet: RecordingTransport, refuse: Breaker
) -> None:
    """Every timer of the town would be given up for a migration that was forgotten."""
    city.submit("632")
    refuse("notice", "NEW.kind = 'reminder'", state="42703")

    done = city.tick(quiet)

    assert done.failed == ("timers",)
    assert failed_parts(city) == ["timers"]
    assert city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'") == clock.now
    assert city.scalar("SELECT count(*) FROM timer WHERE attempts > 0") == 0
    assert quiet.to(REVIEWERS["632"])


def test_mails_that_cannot_be_written_keep_the_rest_of_the_tick_going(
    city: City, clock: Clock, quiet: RecordingTransport, write: Callable[[str], None],
    refuse: Breaker,
) -> None:  # fmt: skip
    city.bring_to("632", "approved")
    publication = city.request_publication(["632"])
    refuse("mail", "true")

    done = city.tick(quiet)

    assert done.failed == ("notices",)
    assert done.timers > 0
    assert city.publication(publication).state == "published"
    write("DROP TRIGGER refuse ON mail")
    assert city.tick(quiet).failed == ()
    assert failed_parts(city) == []


def test_one_sheet_that_fails_keeps_no_other_of_the_same_absence_waiting(
    city: City, quiet: RecordingTransport, refuse: Breaker
) -> None:
    """岡本次長 has 612, 621 and 631; while she is away they pass her by."""
    for code in ("612", "621", "631"):
        city.submit(code)
    refuse("stage_entry", f"NEW.evaluation_id = {city.evaluation('612')}")
    away(city, REVIEWERS["612"], first=REMINDER, last=REMINDER)

    with capture_logs() as logs:
        done = city.tick(quiet)

    assert done.failed == ("absences",)
    assert failed_parts(city) == ["absences"]
    assert city.state("612") == "department_review"
    assert {city.state(code) for code in ("621", "631")} == {"bureau_approval"}
    named = {(e["what"], e["id"]) for e in logs if e["event"] == "row_failed"}
    assert ("sheet_of_absence", city.evaluation("612")) in named


@on_route("joint_external")
def test_one_joint_stage_that_fails_keeps_no_other_from_closing(
    route_city: City, clock: Clock, cluster: Cluster
) -> None:
    database = cluster.existing(route_city.scalar("SELECT current_database()"))
    write_to(database, _ALSO_RELATED)
    for code in ("612", "621"):
        route_city.submit(code)
        route_city.approve(code)
        assert route_city.state(code) == "joint_agreement"
    condition = f"NEW.evaluation_id = {route_city.evaluation('612')}"
    write_to(database, _REFUSE.format(table="stage_entry", condition=condition, state="P0001"))
    clock.set(date(2022, 8, 31))

    done = route_city.tick()

    assert done.failed == ("joint_stages",)
    assert route_city.state("612") == "joint_agreement"
    assert route_city.state("621") == "bureau_approval"


class OutOfTime(Exception):
    """What a worker's time limit raises."""


def test_the_end_of_the_time_is_never_taken_for_a_rows_fault(city: City) -> None:
    limited = Application(city.application.settings, interrupts=(OutOfTime,))

    assert blame(limited, OutOfTime()) is Blame.AWAY
    assert blame(city.application, OutOfTime()) is Blame.ROW
    assert blame(limited, sa.exc.TimeoutError("no connection in the pool")) is Blame.AWAY
    assert blame(limited, MemoryError()) is Blame.ROW


def test_each_row_is_tried_once_and_the_failed_ones_are_named_at_the_end(city: City) -> None:
    tried: list[int] = []

    def work(ctx: Context, row_id: int) -> int:
        ctx.permit(None)
        tried.append(row_id)
        if row_id % 2:
            raise ValueError(row_id)
        return row_id

    with pytest.raises(isolation.RowsFailed, match="numbers: 2 failed") as failed:
        isolation.each(city.application, "numbers", [1, 2, 3, 4], work)

    assert tried == [1, 2, 3, 4]
    assert failed.value.ids == (1, 3)
    assert isolation.each(city.application, "numbers", [2, 4], work) == 6
