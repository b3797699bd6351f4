"""The content of an evaluation sheet, everything as it is shown, figures included.

A revision is this value, frozen, as canonical text (RFC 8785); an approval covers the hash of that
text. So whatever is equal on paper must be equal here: texts are NFC with `\\n` as line end, and
figures are the text as printed ("3.10" is not "3.1"). Changing a model's shape needs a new
SCHEMA_VERSION, because old revisions stay readable for as long as they are kept.
"""

import hashlib
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from workflow.sheet.fields import (
    BoxText,
    Cost,
    Figure,
    FiguresByYear,
    FiscalYear,
    Line,
    Name,
    Rating,
    Text,
    decimal_of,
)
from workflow.sheet.judging import (
    DEFAULT_NEAR_RATE,
    DEFAULT_TOLERANCE,
    Direction,
    Judgement,
    judge,
)

SCHEMA_VERSION: Final = 1

#: What tells the rows of a table apart; the key in a path such as "indicators[2].actuals[2021]".
ROW_KEYS = {"indicators": "number", "projects": "code", "attachments": "name"}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CodedName(_Frozen):
    """A pillar (大綱) or policy (施策)."""

    code: Name
    name: Name


class MeasureName(CodedName):
    """The measure (実施施策) that the sheet judges."""

    is_regional_revitalization: StrictBool


class Indicator(_Frozen):
    """One outcome indicator (成果指標) with its figures, keyed by Gregorian fiscal year."""

    number: Annotated[StrictInt, Field(ge=1)]
    name: Name
    unit: Line
    direction: Direction
    definition: Text
    baseline_year: FiscalYear | None
    baseline: Figure | None
    targets: FiguresByYear
    actuals: FiguresByYear
    lower_bound: Figure | None = None
    upper_bound: Figure | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        lower, upper = self.lower_bound, self.upper_bound
        if lower is not None and upper is not None and decimal_of(lower) > decimal_of(upper):
            raise PydanticCustomError("bounds_reversed", "the lower bound lies above the upper")
        return self


class ProjectLine(_Frozen):
    """One project (事務事業) of the measure; costs in thousand yen, None where not known."""

    code: Name
    name: Name
    is_major_project: StrictBool | None
    budget_accounts: tuple[Name, ...]
    project_cost: Cost | None
    personnel_cost: Cost | None
    responsible_sections: tuple[Name, ...]
    prior_year_project_cost: Cost | None = None
    prior_year_personnel_cost: Cost | None = None


class Attachment(_Frozen):
    """A file that belongs to the sheet, by the SHA-256 of its bytes; `size` in bytes."""

    name: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[StrictInt, Field(ge=0)]


class EditableFields(_Frozen):
    """What people write into a sheet: the part the working copy holds. All of it may be empty."""

    objective: BoxText
    annual_plan: BoxText
    rating: Rating | None
    rating_reason: BoxText
    results: BoxText
    issues: BoxText
    next_year_actions: BoxText


class SheetContent(_Frozen):
    """Everything a sheet shows; validation errors are pydantic's, a ValueError."""

    schema_version: Literal[1] = SCHEMA_VERSION
    target_fiscal_year: FiscalYear
    pillar: CodedName
    policy: CodedName
    measure: MeasureName
    responsible_department: Name
    related_departments: tuple[Name, ...]
    lead_section: Name
    objective: Text
    annual_plan: Text
    rating: Rating | None
    rating_reason: Text
    results: Text
    issues: Text
    next_year_actions: Text
    indicators: tuple[Indicator, ...]
    projects: tuple[ProjectLine, ...]
    total_project_cost: Cost
    attachments: tuple[Attachment, ...] = ()

    @model_validator(mode="after")
    def _rows_have_their_own_keys(self) -> Self:
        for field, key in ROW_KEYS.items():
            keys = [getattr(row, key) for row in getattr(self, field)]
            if len(set(keys)) < len(keys):
                raise PydanticCustomError(
                    "repeated_row", "two {field} share a {key}", {"field": field, "key": key}
                )
        return self

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        total = sum(project.project_cost or 0 for project in self.projects)
        if total != self.total_project_cost:
            raise PydanticCustomError(
                "total_mismatch",
                "total_project_cost is {total}, the projects add up to {sum}",
                {"total": self.total_project_cost, "sum": total},
            )
        return self


def editable_part(content: SheetContent) -> EditableFields:
    """Return what people may write of a sheet. Raises ValueError where a text is over the limit."""
    return EditableFields(**{name: getattr(content, name) for name in EditableFields.model_fields})


def with_edits(content: SheetContent, fields: EditableFields) -> SheetContent:
    """Return the sheet with what people wrote; everything else stays."""
    return content.model_copy(update=dict(fields))


def judge_indicator(
    indicator: Indicator,
    fiscal_year: int,
    *,
    near_rate: Decimal = DEFAULT_NEAR_RATE,
    tolerance: Decimal = DEFAULT_TOLERANCE,
) -> Judgement:
    """Return the verdict on one year of an indicator, from its printed figures (see `judge`)."""
    return judge(
        indicator.direction,
        _value(indicator.targets.get(fiscal_year)),
        _value(indicator.actuals.get(fiscal_year)),
        lower_bound=_value(indicator.lower_bound),
        upper_bound=_value(indicator.upper_bound),
        near_rate=near_rate,
        tolerance=tolerance,
    )


def _value(printed: str | None) -> Decimal | None:
    return None if printed is None else decimal_of(printed)


def canonical_text(content: SheetContent) -> str:
    """Return the one JSON text of a content (RFC 8785); figures are strings, None is null."""
    return rfc8785.dumps(content.model_dump(mode="json")).decode("utf-8")


def content_hash(text: str) -> bytes:
    """Return the SHA-256 (32 bytes) of a canonical text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).digest()


def parse(text: str) -> SheetContent:
    """Read a stored content. Raises pydantic.ValidationError, a ValueError, for anything else."""
    return SheetContent.model_validate_json(text)
