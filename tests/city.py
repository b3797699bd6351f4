"""Builders over the sample city: what people do, by their sign-in names and the sheets' codes.

Everything goes through the services, as the shells do it; a test sets only what matters to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.recorders import RecordingTransport
from tests.sample_people import APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application
from workflow.models import Base
from workflow.policy import SYSTEM, Actor
from workflow.queries import ledger, publications, sheet_page
from workflow.queries.ledger import Verification
from workflow.queries.publications import PublicationView
from workflow.queries.sheet_page import SheetPage
from workflow.services import actions, loading, publication, sheets, ticking
from workflow.services.actions import Receipt
from workflow.services.loading import OwnPost
from workflow.services.sheets import Costs, Saved
from workflow.services.ticking import Ticked
from workflow.sheet.content import editable_part


def on_route(name: str) -> pytest.MarkDecorator:
    """For tests that take ``route_city``: which of the shipped definitions it runs on."""
    return pytest.mark.parametrize("route_template", [name], indirect=True)


def living_on_route(name: str) -> pytest.MarkDecorator:
    """The same for tests that take ``installation``."""
    return pytest.mark.parametrize("live_city_template", [name], indirect=True)


#: The stages of the standard definition, in order.
ROUTE = ("draft", "department_review", "bureau_approval", "approved", "published")


@dataclass
class City:
    """An application on a city, and the people in it."""

    application: Application
    #: Sign-in name → one-time password.
    passwords: Mapping[str, str]

    def __post_init__(self) -> None:
        self._keys: Iterator[str] = (f"key-{n}" for n in itertools.count(1))

    # People

    def person_id(self, name: str) -> int:
        """The id of the person who signs in as *name*."""
        found = self.scalar("SELECT id FROM person WHERE sign_in_name = :name", name=name)
        assert isinstance(found, int), name
        return found

    def actor(self, name: str, *, post: str | None = None) -> Actor:
        """The person as an actor, in the primary post or the one called *post*."""
        return self._acting(name, post)[0]

    def posts(self, name: str) -> tuple[OwnPost, ...]:
        """All posts of the person today."""
        return self._acting(name, None)[1]

    def _acting(self, name: str, post: str | None) -> tuple[Actor, tuple[OwnPost, ...]]:
        person = self.person_id(name)
        with self.application.query(SYSTEM) as ctx:
            found = loading.actor(ctx, person, None)
            assert found is not None, f"{name} has no account"
            if post is None:
                return found
            assignment = next(p.assignment_id for p in found[1] if p.capacity == post)
            again = loading.actor(ctx, person, assignment)
        assert again is not None
        return again

    # Sheets

    def evaluation(self, code: str) -> int:
        """The id of the evaluation with this code (of the newest cycle)."""
        found = self.scalar(
            "SELECT id FROM evaluation WHERE code = :code ORDER BY id DESC LIMIT 1", code=code
        )
        assert isinstance(found, int), code
        return found

    def cycle(self) -> int:
        """The id of the newest cycle."""
        found = self.scalar("SELECT max(id) FROM evaluation_cycle")
        assert isinstance(found, int)
        return found

    def state(self, code: str) -> str:
        """Where the sheet is."""
        return str(
            self.scalar("SELECT state FROM evaluation WHERE id = :id", id=self.evaluation(code))
        )

    def page(self, name: str | Actor, code: str) -> SheetPage:
        """The sheet's page as this person sees it."""
        actor = self.actor(name) if isinstance(name, str) else name
        evaluation_id = self.evaluation(code)
        with self.application.query(actor) as ctx:
            return sheet_page.sheet_page(ctx, evaluation_id)

    def act(
        self,
        name: str | Actor,
        code: str,
        action: str,
        *,
        target: str | None = None,
        reason: str = "",
        seen: SheetPage | None = None,
        request_key: str | None = None,
    ) -> Receipt:
        """What the form on the page does; *seen* is a page that was opened earlier."""
        actor = self.actor(name) if isinstance(name, str) else name
        seen = seen or self.page(actor, code)
        with self.application.command(actor) as ctx:
            return actions.act(
                ctx,
                evaluation_id=seen.id,
                action=action,
                expected_version=seen.version,
                seen_hash=bytes.fromhex(seen.seen_hash),
                request_key=request_key or next(self._keys),
                target=target,
                reason=reason,
            )

    def submit(self, code: str, *, by: str | None = None) -> Receipt:
        """Submit by the usual drafter."""
        return self.act(by or DRAFTERS[code], code, "submit")

    def approve(self, code: str, *, by: str | None = None) -> Receipt:
        """Approve by whoever usually does so where the sheet is."""
        usual = REVIEWERS[code] if self.state(code) == "department_review" else APPROVER
        return self.act(by or usual, code, "approve")

    def give_back(
        self,
        code: str,
        *,
        target: str = "draft",
        by: str | None = None,
        reason: str = "数字を確認してください。",
    ) -> Receipt:
        """Return by whoever usually does so where the sheet is."""
        usual = {"department_review": REVIEWERS[code], "approved": PUBLISHER}
        name = by or usual.get(self.state(code), APPROVER)
        return self.act(name, code, "return", target=target, reason=reason)

    def withdraw(self, code: str, *, by: str) -> Receipt:
        """Take the sheet back."""
        return self.act(by, code, "withdraw")

    def open_sheet(self, name: str, code: str) -> bool:
        """Open the sheet's page; whether that was noted."""
        with self.application.command(self.actor(name)) as ctx:
            return actions.note_first_opened(ctx, evaluation_id=self.evaluation(code))

    def bring_to(self, code: str, stage: str) -> int:
        """Walk a sheet forwards to *stage* by the usual people; returns its id."""
        while self.state(code) != stage:
            here = self.state(code)
            assert ROUTE.index(here) < ROUTE.index(stage), (here, stage)
            if here == "draft":
                self.submit(code)
            elif here == "approved":
                self.publish([code])
            else:
                self.approve(code)
        return self.evaluation(code)

    # Writing

    def save(
        self,
        code: str,
        *,
        by: str | None = None,
        actuals: Mapping[int, str] | None = None,
        seen: SheetPage | None = None,
        make_revision: bool = True,
        request_key: str | None = None,
        **fields: object,
    ) -> Saved:
        """Press save after changing *fields*."""
        actor = self.actor(by or DRAFTERS[code])
        page = seen or self.page(actor, code)
        edited = editable_part(page.content).model_dump() | fields
        with self.application.command(actor) as ctx:
            return sheets.save_sheet(
                ctx,
                evaluation_id=page.id,
                expected_version=page.copy_version,
                fields=type(editable_part(page.content)).model_validate(edited),
                actuals=actuals or {},
                make_revision=make_revision,
                request_key=request_key,
            )

    def save_cost(
        self,
        code: str,
        project: str,
        cost: int | None,
        *,
        by: str,
        seen: Costs | None = None,
    ) -> Saved:
        """Write the settlement of one project."""
        actor = self.actor(by)
        line = next(p for p in self.page(actor, code).content.projects if p.code == project)
        there = Costs(line.project_cost, line.personnel_cost)
        with self.application.command(actor) as ctx:
            return sheets.save_project_costs(
                ctx,
                evaluation_id=self.evaluation(code),
                costs={project: Costs(cost, line.personnel_cost)},
                seen={project: seen or there},
            )

    # Publication, mail, ledger

    def request_publication(
        self,
        codes: Sequence[str],
        *,
        by: str | Actor = PUBLISHER,
        at: datetime | None = None,
        request_key: str | None = None,
    ) -> int:
        """Select sheets for publication; returns the publication's id."""
        actor = self.actor(by) if isinstance(by, str) else by
        ids = [self.evaluation(code) for code in codes]
        cycle = self.cycle()
        with self.application.command(actor) as ctx:
            return publication.request(
                ctx,
                cycle_id=cycle,
                evaluation_ids=ids,
                publish_at=at,
                request_key=request_key or next(self._keys),
            ).publication_id

    def publish(self, codes: Sequence[str], *, by: str = PUBLISHER) -> int:
        """Bring the sheets to approval where needed, select them and run the job."""
        for code in codes:
            if ROUTE.index(self.state(code)) < ROUTE.index("approved"):
                self.bring_to(code, "approved")
        publication_id = self.request_publication(codes, by=by)
        assert publication.run(self.application, publication_id)
        return publication_id

    def publication(self, publication_id: int) -> PublicationView:
        """How far a publication is."""
        with self.application.query(SYSTEM) as ctx:
            return publications.one(ctx, publication_id)

    def tick(self, transport: RecordingTransport | None = None) -> Ticked:
        """Everything that falls due now."""
        return ticking.tick(self.application, transport or RecordingTransport())

    def verify(self) -> Verification:
        """Walk every chain of events."""
        with self.application.query(SYSTEM) as ctx:
            return ledger.verify(ctx)

    # Looking behind the scenes

    def rows(self, statement: str, **values: Any) -> Sequence[sa.Row[Any]]:
        """Read rows as the application's role."""
        with self.application.query(SYSTEM) as ctx:
            return ctx.execute(sa.text(statement), values).all()

    def scalar(self, statement: str, **values: Any) -> Any:
        """Read one value as the application's role."""
        rows = self.rows(statement, **values)
        return rows[0][0] if rows else None

    def events(self, code: str) -> list[str]:
        """The actions in a sheet's ledger, in order."""
        return [
            row.action
            for row in self.rows(
                "SELECT action FROM event WHERE evaluation_id = :id ORDER BY sequence",
                id=self.evaluation(code),
            )
        ]

    def counts(self) -> dict[str, int]:
        """How many rows each table has: to show that nothing was written."""
        return {
            table: int(self.scalar(f"SELECT count(*) FROM {table}"))  # noqa: S608
            for table in sorted(Base.metadata.tables)
        }
