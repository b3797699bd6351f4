"""Who keeps a step that waited for them when a reorganisation ended their post."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workflow.definition.facts import Rank
from workflow.models.base import Base, one_of


class KeptStep(Base):
    """One of those for whom a sheet waited on the eve; all of them, where somebody's post ended.

    Whoever comes into the post afterwards does not take the step over. A return makes a new stay
    at the stage, and so finds its people anew.
    """

    __tablename__ = "kept_step"
    __table_args__ = (one_of("rank", Rank),)

    stage_entry_id: Mapped[int] = mapped_column(ForeignKey("stage_entry.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    reorganisation_id: Mapped[int] = mapped_column(ForeignKey("reorganisation.id"))
    #: The post as it was, None for somebody here by a grant; recorded when they act.
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    #: The unit for which they act, as it is now.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    rank: Mapped[str | None]
    capacity: Mapped[str]
    #: The post was ended by the reorganisation; the others act as they did.
    is_kept: Mapped[bool]
