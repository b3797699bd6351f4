"""The transaction: commits what asked the policy, rolls back the rest; reading never writes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.city import City
from tests.recorders import Clock, RecordingDoorbell
from tests.sample_people import ADMINISTRATOR
from workflow.application import Application
from workflow.errors import BrokenRule, Refused
from workflow.policy import SYSTEM, Permission

RENAME = sa.text("UPDATE municipality SET name = 'よその市'")


def name_of(city: City) -> str:
    return str(city.scalar("SELECT name FROM municipality"))


def test_a_command_that_never_asked_the_policy_does_not_commit(
    application: Application, city: City
) -> None:
    before = name_of(city)

    with pytest.raises(BrokenRule, match="policy_not_asked"), application.command(SYSTEM) as ctx:
        ctx.execute(RENAME)

    assert name_of(city) == before


def test_a_refused_command_does_not_commit(application: Application, city: City) -> None:
    before = name_of(city)

    def rename_then_ask() -> None:
        with application.command(city.actor(ADMINISTRATOR)) as ctx:
            ctx.execute(RENAME)
            ctx.require(Permission.RUN_ENGINE)

    with pytest.raises(Refused, match="engine_only"):
        rename_then_ask()

    assert name_of(city) == before


def test_a_command_that_asked_commits_when_its_block_ends(
    application: Application, city: City
) -> None:
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        ctx.execute(RENAME)
        assert name_of(city) != "よその市"

    assert name_of(city) == "よその市"


def test_a_query_cannot_write_even_when_it_tries(application: Application, city: City) -> None:
    with (
        pytest.raises(DBAPIError, match="read-only transaction"),
        application.query(SYSTEM) as ctx,
    ):
        ctx.execute(RENAME)


def test_a_command_can_write_on_the_connection_that_a_query_used(
    application: Application, city: City
) -> None:
    """The read-only mode of a query must not stick to its pooled connection."""
    for _ in range(application.settings.database_pool_size * 2 + 1):
        name_of(city)

    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        ctx.execute(RENAME)

    assert name_of(city) == "よその市"


def test_a_query_sees_one_moment_of_the_database(application: Application, city: City) -> None:
    with application.query(SYSTEM) as reading:
        before = reading.execute(sa.text("SELECT name FROM municipality")).scalar_one()
        with application.command(SYSTEM) as ctx:
            ctx.require(Permission.RUN_ENGINE)
            ctx.execute(RENAME)

        assert reading.execute(sa.text("SELECT name FROM municipality")).scalar_one() == before


def test_the_doorbell_rings_after_the_commit_and_not_without_one(
    application: Application, doorbell: RecordingDoorbell
) -> None:
    with pytest.raises(BrokenRule), application.command(SYSTEM) as ctx:
        ctx.ring_after_commit("tasks.deliver_mails")
    assert doorbell.rings == []

    with application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.ring_after_commit("tasks.run_publication", 7)
        assert doorbell.rings == []
    assert doorbell.rings == [("tasks.run_publication", (7,))]


def test_the_time_of_a_command_is_read_once_and_comes_from_the_database_when_none_is_handed_in(
    application: Application, clock: Clock
) -> None:
    by_database = Application(application.settings)
    try:
        with by_database.query() as ctx:
            server = ctx.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
            assert abs((server - ctx.now).total_seconds()) < 5
            assert ctx.now.utcoffset() is not None
    finally:
        by_database.dispose()

    with application.query() as ctx:
        clock.forward(hours=1)
        assert ctx.now < clock.now
