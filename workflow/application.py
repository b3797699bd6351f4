"""The composition root: settings, engine, doorbell; and **the** transaction.

``command(actor)`` is the only place where something is committed; ``query(actor)`` is the read
side, in a transaction that PostgreSQL itself keeps from writing. A command that never asked the
policy does not commit (design, truth 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NoReturn, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, CursorResult, Engine, Executable

from workflow import failpoints
from workflow.clock import office_day
from workflow.database import create_engine
from workflow.definition.refusal import Refusal
from workflow.errors import BrokenRule, HyokaError, Refused
from workflow.policy import Actor, Permission, Relation, check
from workflow.settings import Settings

log = structlog.get_logger(__name__)

#: When the transaction began: what ``append_events`` writes as the time of an event, too.
_NOW = sa.text("SELECT transaction_clock()")
#: A moment that a test hands in; the database hears it only where its owner marked it as a test's.
_NOW_IS = sa.text("SELECT set_config('hyoka.now', :now, true)")


class Doorbell(Protocol):
    """Rings a worker: a task's name and at most an id. It may fail; the tick makes up for it."""

    def ring(self, task: str, *arguments: int) -> None:
        """Ask for *task* soon; returns at once, never raises."""


class SilentDoorbell:
    """Rings nobody: for the command line and for tests that run the work themselves."""

    def ring(self, task: str, *arguments: int) -> None:
        """Do nothing."""


@dataclass
class Context:
    """What a service works with: who asks, when it is, and the connection.

    Attributes:
        now: read once from the database (or handed in by a test); the only clock of the command.
    """

    actor: Actor
    now: datetime
    connection: Connection
    settings: Settings
    asked: bool = False
    _rings: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    _kept: HyokaError | None = None

    @property
    def today(self) -> date:
        """The calendar day in the office."""
        return office_day(self.now)

    def at(self, moment: datetime) -> Context:
        """The same connection at another moment: what the rules would say then (a forecast)."""
        return replace(self, now=moment, _rings=[])

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run one Core statement."""
        return self.connection.execute(statement, parameters)

    def require(self, permission: Permission, relations: frozenset[Relation] = frozenset()) -> None:
        """Ask the policy table.

        Raises:
            Refused: with the table's reason.
        """
        self.permit(check(self.actor, permission, relations))

    def permit(self, refusal: Refusal | None) -> None:
        """Take note of the policy's answer; a refusal ends the command.

        Raises:
            Refused: when the answer is no.
        """
        self.asked = True
        if refusal is not None:
            raise Refused(refusal.code, **refusal.values)

    def keep_despite(self, error: HyokaError) -> NoReturn:
        """Refuse, and let what was written so far stand: that somebody guessed is a fact.

        Raises:
            HyokaError: *error*; the command commits before it goes on.
        """
        self._kept = error
        raise error

    def ring_after_commit(self, task: str, *arguments: int) -> None:
        """Ring the doorbell once the transaction is committed, and only then."""
        self._rings.append((task, arguments))


class Application:
    """One per process. Makes its engine lazily, so that a forked child has its own.

    Attributes:
        interrupts: what a worker's time limit raises in the middle of anything; it must never be
            taken for the fault of a row.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        doorbell: Doorbell | None = None,
        clock: Callable[[], datetime] | None = None,
        interrupts: tuple[type[Exception], ...] = (),
    ) -> None:
        self.settings = settings
        self.interrupts = interrupts
        failpoints.watch(settings.failpoints)
        self.doorbell: Doorbell = doorbell or SilentDoorbell()
        self._clock = clock
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The pool of this process."""
        if self._engine is None:
            self._engine = create_engine(
                self.settings.database_url.get_secret_value(),
                pool_size=self.settings.database_pool_size,
            )
        return self._engine

    def dispose(self, *, close: bool = True) -> None:
        """Forget the pool; with ``close=False`` in a forked child, the parent keeps its own."""
        if self._engine is not None:
            self._engine.dispose(close=close)
            self._engine = None

    def _now(self, connection: Connection) -> datetime:
        if self._clock is not None:
            return self._clock()
        instant = connection.execute(_NOW).scalar_one()
        assert isinstance(instant, datetime)  # noqa: S101 - what transaction_clock() returns
        return instant

    @contextmanager
    def command(self, actor: Actor) -> Iterator[Context]:
        """The transaction: commits when the block ends, rolls back when it raises.

        Raises:
            BrokenRule: when the block changed things without asking the policy.
        """
        with self.engine.connect() as connection:
            context = Context(actor, self._now(connection), connection, self.settings)
            if self._clock is not None:
                connection.execute(_NOW_IS, {"now": context.now.isoformat()})
            refusal: HyokaError | None = None
            try:
                yield context
            except HyokaError as error:
                if error is not context._kept:
                    raise
                refusal = error
            if not context.asked:
                raise BrokenRule("policy_not_asked")
            connection.commit()
        if refusal is not None:
            raise refusal
        for task, arguments in context._rings:
            self.doorbell.ring(task, *arguments)

    @contextmanager
    def query(self, actor: Actor | None = None) -> Iterator[Context]:
        """A consistent, read-only view.

        It ends with a commit of nothing: after a rollback psycopg forgets the statements that the
        server has prepared, and planning costs more than reading.
        """
        with self.engine.connect() as plain:
            connection = plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            nobody = Actor(person_id=0, name="")
            yield Context(actor or nobody, self._now(connection), connection, self.settings)
            connection.commit()
