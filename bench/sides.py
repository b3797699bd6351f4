"""The sides of the race: each takes the same wish and carries it out in its own way."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Protocol

import psycopg
from pydantic import SecretStr

from bench import by_hand_decisions
from bench.by_hand_decisions import Wanted
from workflow.application import Application
from workflow.services import actions
from workflow.settings import Settings

CORE, BY_HAND, AT_ONCE = "core", "by hand", "by hand at once"


class Side(Protocol):
    """One way to decide; holds one connection."""

    def decide(self, wanted: Wanted) -> None:
        """Approve, in a transaction of its own."""

    def close(self) -> None:
        """Give the connection back."""


class Core:
    """Through ``workflow.services.actions.act``, as the web calls it."""

    def __init__(self, url: str) -> None:
        self.application = Application(Settings(database_url=SecretStr(url)))

    def decide(self, wanted: Wanted) -> None:
        with self.application.command(wanted.actor) as ctx:
            actions.act(
                ctx,
                evaluation_id=wanted.evaluation_id,
                action="approve",
                expected_version=wanted.version,
                seen_hash=wanted.content_hash,
                request_key=wanted.request_key,
            )

    def close(self) -> None:
        self.application.dispose()


class ByHand:
    """Statements written by hand, see ``by_hand_decisions``."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url)

    def decide(self, wanted: Wanted) -> None:
        by_hand_decisions.approve(self.connection, wanted)

    def close(self) -> None:
        self.connection.close()


class AtOnce:
    """The same in the fewest statements; shows what the round trips of ``ByHand`` cost."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url)

    def decide(self, wanted: Wanted) -> None:
        by_hand_decisions.approve(self.connection, wanted, at_once=True)

    def close(self) -> None:
        self.connection.close()


SIDES: dict[str, Callable[[str], Side]] = {CORE: Core, BY_HAND: ByHand, AT_ONCE: AtOnce}


def request_key() -> str:
    """What the web puts into a form."""
    return uuid.uuid4().hex
