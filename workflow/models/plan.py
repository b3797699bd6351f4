"""The master plan in versions: pillars, policies, measures, projects, indicators, their figures.

Codes are re-based with each plan and never taken apart: parents are explicit, and
``predecessor_id`` links the same thing across plans.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class Direction(StrEnum):
    """性質: which way an indicator should go."""

    #: ↑
    INCREASE = "increase"
    #: ↓
    DECREASE = "decrease"
    #: ＝
    MAINTAIN = "maintain"


class FigureKind(StrEnum):
    """What a project's cost is."""

    #: 予算
    BUDGET = "budget"
    #: 決算見込
    ESTIMATE = "estimate"
    #: 決算
    SETTLEMENT = "settlement"


class MasterPlan(Base):
    """One version of the plan (総合計画・実施計画)."""

    __tablename__ = "master_plan"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[Key]
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("master_plan.id"))


class Pillar(Base):
    """大綱."""

    __tablename__ = "pillar"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("master_plan.id"))
    code: Mapped[str]
    name: Mapped[str]
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("pillar.id"))


class Policy(Base):
    """施策."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("master_plan.id"))
    pillar_id: Mapped[int] = mapped_column(ForeignKey("pillar.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))


class Measure(Base):
    """実施施策: what a sheet judges."""

    __tablename__ = "measure"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("master_plan.id"))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    is_regional_revitalization: Mapped[bool]
    responsible_department_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    lead_section_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("measure.id"))


class MeasureRelatedDepartment(Base):
    """関連部局 of a measure, in the printed order."""

    __tablename__ = "measure_related_department"

    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))


class Project(Base):
    """事務事業."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("master_plan.id"))
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    #: None where the source lost the cell.
    is_major_project: Mapped[bool | None]
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))


class ProjectSection(Base):
    """担当課 of a project, in the printed order; there may be several."""

    __tablename__ = "project_section"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"), index=True)


class ProjectAccount(Base):
    """款項目 of a project, as text; there may be several."""

    __tablename__ = "project_account"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str]


class ProjectFigure(Base):
    """One project, fiscal year and kind: costs in thousand yen."""

    __tablename__ = "project_figure"
    __table_args__ = (one_of("kind", FigureKind),)

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    project_cost: Mapped[int | None]
    personnel_cost: Mapped[int | None]


class Indicator(Base):
    """成果指標 of a measure."""

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("measure_id", "number"),
        one_of("direction", Direction),
        CheckConstraint("lower_bound IS NULL OR upper_bound >= lower_bound", name="band"),
    )

    id: Mapped[Key]
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"))
    number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str]
    unit: Mapped[str]
    direction: Mapped[str]
    definition: Mapped[str]
    baseline_fiscal_year: Mapped[int | None] = mapped_column(Integer)
    baseline_value: Mapped[Decimal | None] = mapped_column(Numeric)
    baseline_text: Mapped[str | None]
    lower_bound: Mapped[Decimal | None] = mapped_column(Numeric)
    upper_bound: Mapped[Decimal | None] = mapped_column(Numeric)
    note: Mapped[str] = mapped_column(server_default=text("''"))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("indicator.id"))


class IndicatorFigure(Base):
    """One indicator and fiscal year: exact values, and the text as printed."""

    __tablename__ = "indicator_figure"
    __table_args__ = (Index("ix_indicator_figure_fiscal_year", "fiscal_year"),)

    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(Integer, primary_key=True)
    target_value: Mapped[Decimal | None] = mapped_column(Numeric)
    target_text: Mapped[str | None]
    actual_value: Mapped[Decimal | None] = mapped_column(Numeric)
    actual_text: Mapped[str | None]


class MajorProjectOutline(Base):
    """主要事業の概要: text and small tables of a project, as handed in."""

    __tablename__ = "major_project_outline"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str]
