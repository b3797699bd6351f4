"""``hyoka publish``: the bureau's publication from a shell, as a named publisher."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Application
from workflow.errors import BadInput, Fault, NotFound
from workflow.policy import Actor
from workflow.queries import publications
from workflow.services import loading, publication

_CYCLE = sa.text("""
SELECT id FROM evaluation_cycle
WHERE kind = :kind AND target_fiscal_year = :year AND number = :number
""")
_PERSON = sa.text("SELECT id FROM person WHERE sign_in_name = :name")


def publish_cycle(
    application: Application,
    cycle: str,
    sign_in_name: str,
    at: datetime | None,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Publish every sheet of *cycle* that can be published; tells the reason for the others.

    Raises:
        NotFound: no such cycle or person.
        BadInput: *cycle* is not of the form KIND-YEAR-NUMBER, or nothing can be published.
        Refused: the person is no publisher.
    """
    with application.query() as ctx:
        cycle_id = ctx.execute(_CYCLE, _cycle_name(cycle)).scalar_one_or_none()
        if cycle_id is None:
            raise NotFound("no_such_cycle")
        sheets = publications.candidates(ctx, cycle_id)
        actor = _actor(ctx, sign_in_name)
    chosen = [sheet.id for sheet in sheets if sheet.reason is None]
    listed = [{"sheet": f"{s.code} {s.measure}", "reason": s.reason} for s in sheets]
    if dry_run:
        return {"sheets": listed, "publication": None, "published": False}
    with application.command(actor) as ctx:
        requested = publication.request(
            ctx,
            cycle_id=cycle_id,
            evaluation_ids=chosen,
            publish_at=at,
            request_key=secrets.token_hex(16),
        )
    published = publication.run(application, requested.publication_id)
    return {
        "sheets": listed,
        "publication": requested.publication_id,
        "published": published,
    }


def _cycle_name(cycle: str) -> dict[str, Any]:
    kind, _, rest = cycle.partition("-")
    year, _, number = rest.partition("-")
    if not (year.isdecimal() and number.isdecimal()):
        raise BadInput("invalid_form", (Fault("CYCLE", "not_a_choice", {}),))
    return {"kind": kind, "year": int(year), "number": int(number)}


def _actor(ctx: Any, sign_in_name: str) -> Actor:
    person_id = ctx.execute(_PERSON, {"name": sign_in_name}).scalar_one_or_none()
    found = loading.actor(ctx, person_id, None) if person_id else None
    if found is None:
        raise NotFound("no_such_person", name=sign_in_name)
    actor = found[0]
    # Whoever has the shell and the database's password need not change a web password first.
    return Actor(**{**actor.__dict__, "must_change_password": False})
