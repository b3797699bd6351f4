"""Substitutes are named for kinds of steps, not for stages by their keys.

So they count for cycles that begin later and for routes that call their stages otherwise. What was
named for a stage goes over to the kind of step that the stage is in the pinned definitions, by
whom it asks first. The key of a stage that no definition knows named a stage that never comes.
"""

from __future__ import annotations

import tomllib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STEPS = ("section_review", "department_review", "joint_answer", "bureau_approval")
SIGNED_FOR = {
    "lead_section": "section_review",
    "responsible_department": "department_review",
    "related_departments": "joint_answer",
    "policy_bureau": "bureau_approval",
}
Row = dict[str, Any]


def upgrade() -> None:
    _convert("stage", "step", _stages())
    op.execute(f"""
ALTER TABLE absence_substitute
    ADD CONSTRAINT ck_absence_substitute_step CHECK (step IN {STEPS!r})""")


def downgrade() -> None:
    op.execute("ALTER TABLE absence_substitute DROP CONSTRAINT ck_absence_substitute_step")
    _convert("step", "stage", [(step, key) for key, step in _stages()])


def _stages() -> list[tuple[str, str]]:
    """Each stage of the pinned definitions with its kind of step, in the order of the routes."""
    found: dict[tuple[str, str], None] = {}
    sources = op.get_bind().execute(
        sa.text("SELECT source FROM pinned_definition ORDER BY pinned_at DESC")
    )
    for source in sources.scalars():
        for stage in tomllib.loads(source)["stage"]:
            step = _step(stage)
            if step is not None:
                found[stage["key"], step] = None
    return list(found)


def _step(stage: Row) -> str | None:
    """As the text says, else by whom the stage asks first, where people sign for a unit."""
    if "step" in stage:
        return str(stage["step"])
    kind = stage.get("kind")
    if kind not in (None, "sign_off", "joint") or stage.get("editable") or stage.get("final"):
        return None
    unit = next((who.get("unit") for who in stage.get("who", ())), None)
    if unit is None:
        return None
    return "joint_answer" if kind == "joint" else SIGNED_FOR.get(unit)


def _convert(before: str, after: str, pairs: list[tuple[str, str]]) -> None:
    """Rename the column and bring the orders over; of two that become one the earlier leads."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(f"""
SELECT absence_id, {before} AS name, assignment_id FROM absence_substitute
ORDER BY absence_id, position""")  # noqa: S608 - one of two names of our own
    ).all()
    orders: dict[tuple[int, str], dict[int, None]] = {}
    for old, new in pairs:
        for row in rows:
            if row.name == old:
                orders.setdefault((row.absence_id, new), {})[row.assignment_id] = None
    op.execute("DELETE FROM absence_substitute")
    op.execute(f"ALTER TABLE absence_substitute RENAME COLUMN {before} TO {after}")
    values = [
        {"absence": absence, "name": name, "position": n, "assignment": assignment}
        for (absence, name), assignments in orders.items()
        for n, assignment in enumerate(assignments, start=1)
    ]
    if values:
        connection.execute(
            sa.text(f"""
INSERT INTO absence_substitute (absence_id, {after}, position, assignment_id)
VALUES (:absence, :name, :position, :assignment)"""),  # noqa: S608 - one of two names of our own
            values,
        )
