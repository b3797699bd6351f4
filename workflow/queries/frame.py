"""What every page shows around itself."""

from __future__ import annotations

import sqlalchemy as sa

from workflow.application import Context

_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")


def municipality(ctx: Context) -> str:
    """The municipality's name; empty before a plan was taken in."""
    return str(ctx.execute(_MUNICIPALITY).scalar_one_or_none() or "")
