"""The forecast page: what will be ready on the publication date, and how that is known."""

from __future__ import annotations

from decimal import Decimal

from flask import render_template
from flask.typing import ResponseReturnValue

from web.access import access
from web.burn_up import burn_up
from web.core import query
from web.frame import chosen_cycle, cycle_label
from web.views.progress_area import blueprint
from workflow.policy import Permission
from workflow.queries import forecast, sheets

#: To what figures are rounded on the page.
TENTH, WHOLE = Decimal("0.1"), Decimal(1)


@blueprint.get("/progress/forecast")
@access(Permission.READ)
def show_forecast() -> ResponseReturnValue:
    """The forecast of the chosen cycle."""
    with query() as ctx:
        cycle = chosen_cycle(sheets.cycles(ctx))
        if cycle is None:
            return render_template("progress/empty.html")
        page = forecast.forecast(ctx, cycle)
        now = ctx.now
    return render_template(
        "progress/forecast.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        page=page,
        line=burn_up(page) if page else None,
        now=now,
        tenth=TENTH,
        one_whole=WHOLE,
    )
