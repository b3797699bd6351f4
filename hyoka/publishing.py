"""``hyoka publish``: the bureau's publication from a shell, as a named publisher."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from hyoka.lookups import actor_named, cycle_named
from workflow.application import Application
from workflow.queries import publications
from workflow.services import publication


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
        cycle_id = cycle_named(ctx, cycle)
        sheets = publications.candidates(ctx, cycle_id)
        actor = actor_named(ctx, sign_in_name)
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
