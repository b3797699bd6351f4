"""The plan file's content as frozen models: one pillar, its measures, indicators and projects.

The models say what a field may hold by itself; what must agree between fields is checked in
``plan_checks``. Only ``plan_file.read_plan_file`` makes a ``PlanFile`` that has passed both.
The texts below the fields become the descriptions in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from workflow.calendar.era import LAST_FISCAL_YEAR
from workflow.exchange.field_types import (
    Account,
    Amount,
    Code,
    Figure,
    FormatModel,
    Label,
    Name,
    NotEmpty,
    Text,
    UnitLabel,
    Years,
)

#: The bureau that gives the last approval where the file names none.
USUAL_POLICY_BUREAU = "総合政策部"
#: ``kind`` as printed → the kind of cycle in the code's words.
CYCLE_KINDS: Mapping[str, str] = MappingProxyType(
    {"事前評価": "ex_ante", "事中評価": "interim", "事後評価": "ex_post"}
)

#: Levels that a sheet can show (``workflow.sheet.fields.Rating``).
LONGEST_SCALE = 4

Direction = Literal["increase", "decrease", "maintain"]


class Department(FormatModel):
    """A department (部局) with its sections."""

    name: UnitLabel
    """部局名。"""
    sections: tuple[UnitLabel, ...] = ()
    """課・室の名前。課のない部局は空の配列。"""


class Organisation(FormatModel):
    """The units that the file relies on; left out where the database has them."""

    note: Text | None = None
    """自由記述の注記。"""
    departments: Annotated[tuple[Department, ...], NotEmpty()]
    """部局の一覧（並び順は表示順）。"""


class CodedName(FormatModel):
    """A pillar (大綱) or a policy (施策): code and name."""

    code: Code
    """コード。"""
    name: Name
    """名前。"""


class Indicator(FormatModel):
    """An outcome indicator (成果指標)."""

    number: Annotated[StrictInt, Field(ge=1, le=99)]
    """実施施策の中での番号（①は1）。"""
    name: Name
    """指標名。"""
    unit: Label
    """単位。単位のない指標は空文字列。"""
    direction: Direction
    """性質。increase は↑、decrease は↓、maintain は＝。"""
    definition: Text
    """指標の意味・算式等。"""
    baseline: Years
    """基準年度とその実績値。一つまで。"""
    targets: Years
    """年度ごとの目標値。"""
    actuals: Years
    """年度ごとの実績値。未測定の年度は書かない。"""
    lower_bound: Figure | None = None
    """許容範囲の下限（maintain の指標）。"""
    upper_bound: Figure | None = None
    """許容範囲の上限（maintain の指標）。"""
    note: Text | None = None
    """自由記述の注記。"""


class Project(FormatModel):
    """An administrative project (事務事業) with its costs in the target fiscal year."""

    code: Code
    """事務事業コード。"""
    name: Name
    """事務事業名。"""
    is_major_project: StrictBool | None
    """主要事業の○。分からないときは null。"""
    budget_account: Account | None
    """款項目（例 "02 01 03"）。ない、又は分からないときは null。"""
    budget_accounts: Annotated[tuple[Account, ...], NotEmpty()] | None = None
    """款項目が複数あるときの全て。"""
    project_cost: Amount
    """事業費（千円）。"""
    personnel_cost: Amount
    """人件費（千円）。"""
    prior_year_project_cost: Amount | None = None
    """前年度の事業費（千円）。"""
    prior_year_personnel_cost: Amount | None = None
    """前年度の人件費（千円）。"""
    responsible_sections: Annotated[tuple[Name, ...], NotEmpty()]
    """担当課。同名の課があるときは「部局名/課名」。課のない部局は部局名。"""
    note: Text | None = None
    """自由記述の注記。"""

    @property
    def accounts(self) -> tuple[str, ...]:
        """All budget accounts, however the file writes them; empty where there is none."""
        if self.budget_accounts is not None:
            return self.budget_accounts
        return () if self.budget_account is None else (self.budget_account,)


class Measure(FormatModel):
    """A policy measure (実施施策): one evaluation sheet."""

    code: Code
    """実施施策コード。"""
    name: Name
    """実施施策名。"""
    policy: CodedName
    """属する施策。"""
    responsible_department: Name
    """評価部局。"""
    related_departments: tuple[Name, ...]
    """関連部局。なければ空の配列。"""
    lead_section: Name
    """シートを作成し提出する課。"""
    is_regional_revitalization: StrictBool
    """創生（地方版総合戦略）の印。"""
    rating: Annotated[StrictInt, Field(ge=1)] | None
    """評価。rating_scale の何番目か（1から）。未評価は null。"""
    objective: Text
    """実施施策の目標。"""
    annual_plan: Text
    """対象年度の計画。"""
    rating_reason: Text
    """評価の理由。"""
    results: Text
    """成果。"""
    issues: Text
    """課題。"""
    next_year_actions: Text
    """翌年度での対策・対応。"""
    indicators: tuple[Indicator, ...]
    """成果指標。"""
    projects: tuple[Project, ...]
    """事務事業。"""
    total_project_cost: Amount
    """事業費合計（千円）。事務事業の事業費の和と一致すること。"""
    note: Text | None = None
    """自由記述の注記。"""


class OutlineTable(FormatModel):
    """A small table in an outline, kept as printed."""

    title: Label
    """表題。なければ空文字列。"""
    header: Annotated[tuple[Label, ...], NotEmpty()]
    """見出し行。"""
    rows: tuple[tuple[Text | None, ...], ...]
    """各行。列の数は見出しと同じ。空欄は null。"""


class OutlineFigure(FormatModel):
    """A photograph or drawing in an outline."""

    caption: Label
    """説明文。"""
    file: Name | None
    """ファイル名。手元にないときは null。"""


class MajorProjectOutline(FormatModel):
    """The page that explains one major project (主要事業の概要)."""

    project: Code
    """事務事業コード。"""
    text: Text
    """事業概要・成果。"""
    tables: tuple[OutlineTable, ...]
    """表。"""
    figures: tuple[OutlineFigure, ...] = ()
    """写真・図。"""


class PlanFile(FormatModel):
    """One pillar (大綱) of a municipality's plan with its evaluation sheets for one fiscal year."""

    note: Text | None = None
    """自由記述の注記（出典など）。"""
    municipality: Name
    """市区町村名。"""
    kind: Literal["事前評価", "事中評価", "事後評価"]
    """評価の種類。"""
    target_fiscal_year: Annotated[StrictInt, Field(ge=1950, le=LAST_FISCAL_YEAR)]
    """評価の対象年度（西暦。2021 は令和３年度）。"""
    fiscal_year_label: Name
    """対象年度の印字（例 "令和３年度"）。"""
    rating_scale: Annotated[tuple[Name, ...], NotEmpty(), Field(max_length=LONGEST_SCALE)]
    """評価の段階。低いものから順に、四つまで。"""
    organisation: Organisation | None = None
    """部局と課。登録済みの組織を使うときは省く。"""
    policy_bureau: Name | None = None
    """最終承認をする部局。省くと総合政策部。"""
    pillar: CodedName
    """大綱。"""
    measures: Annotated[tuple[Measure, ...], NotEmpty()]
    """実施施策。"""
    major_project_outlines: tuple[MajorProjectOutline, ...] = ()
    """主要事業の概要。"""

    @property
    def departments(self) -> Mapping[str, tuple[str, ...]] | None:
        """The file's own units, department → sections; None where it relies on the database."""
        if self.organisation is None:
            return None
        return {unit.name: unit.sections for unit in self.organisation.departments}

    def bureau(self, departments: Collection[str]) -> str | None:
        """Return the department that gives the last approval, or None where none is known.

        Args:
            departments: names of the departments that exist.
        """
        if self.policy_bureau is not None:
            return self.policy_bureau
        return USUAL_POLICY_BUREAU if USUAL_POLICY_BUREAU in departments else None
