"""An applied reorganisation is called off before its day: every row is as it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.models import OfficeAct
from workflow.services import office_record
from workflow.services.office_record import Act
from workflow.services.organisation_rows import rights_changed
from workflow.services.plan_figures import json_rows

_GRANTS_AS_THEY_ARE = sa.text("""
SELECT person_id, role, valid_from, valid_until FROM role_grant WHERE id = ANY (:ids) ORDER BY id
""")
_BACK = {
    table: json_rows(
        f"UPDATE {table} t SET valid_until = r.was{extra} "  # noqa: S608 - names of this module
        "FROM jsonb_to_recordset(:rows) AS r(id bigint, was date) WHERE t.id = r.id"
    )
    for table, extra in (
        ("assignment", ", ended_by = NULL"),
        ("post", ""),
        ("org_unit", ", ended_by = NULL, successor_id = NULL"),
        ("role_grant", ""),
    )
}
_KEPT_IN = {
    "assignment": "ended_holdings",
    "post": "ended_posts",
    "org_unit": "ended_units",
    "role_grant": "ended_grants",
}
_TAKE_AWAY = tuple(
    sa.text(statement)
    for statement in (
        "DELETE FROM absence_substitute b USING assignment a "
        "WHERE a.id = b.assignment_id AND a.begun_by = :by",
        "DELETE FROM assignment WHERE begun_by = :by",
        "DELETE FROM post WHERE begun_by = :by",
        "DELETE FROM org_unit WHERE begun_by = :by AND kind = 'section'",
        "DELETE FROM org_unit WHERE begun_by = :by",
    )
)


def take_back(ctx: Context, reorganisation_id: int, decided: Mapping[str, Any], day: date) -> None:
    """Undo what ``organisation_rows.write`` wrote and record it; after its day it is refused."""
    for table, kept in _KEPT_IN.items():
        if decided[kept]:
            ctx.execute(_BACK[table], {"rows": decided[kept]})
    for statement in _TAKE_AWAY:
        ctx.execute(statement, {"by": reorganisation_id})
    acts = [
        Act(
            OfficeAct.REORGANISATION_CALLED_OFF,
            None,
            {"reorganisation": str(reorganisation_id), "day": day.isoformat()},
        )
    ]
    ids = [row["id"] for row in decided["ended_grants"]]
    office_record.record(ctx, acts + rights_changed(ctx.execute(_GRANTS_AS_THEY_ARE, {"ids": ids})))
