"""The types of single values in exchange files: names, texts, codes, figures, years.

Everything is NFC and exact when it has passed. Characters that can only be a mistake are refused
(``workflow.characters``); line ends become a plain newline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeGuard

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictInt,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from workflow.characters import first_mistake
from workflow.exchange.faults import FaultCode, shown

FIGURE_PATTERN = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$"
#: 1900 to 2117, the last year of two digits of an era; a sheet can show no later one.
YEAR_PATTERN = r"^(19[0-9]{2}|20[0-9]{2}|210[0-9]|211[0-7])$"
CODE_PATTERN = r"^[0-9A-Za-z][0-9A-Za-z-]{0,19}$"
ACCOUNT_PATTERN = r"^[0-9]{1,3} [0-9]{1,3} [0-9]{1,3}$"

_LINE_END = re.compile(r"\r\n?")
_NOT_IN_A_NAME = re.compile(r"[\t\n]|^\s|\s$")
_NOT_IN_A_UNIT = re.compile("/")
_FIGURE = re.compile(FIGURE_PATTERN)
_ACCOUNT = re.compile(ACCOUNT_PATTERN)
_YEAR = re.compile(YEAR_PATTERN)


class FormatModel(BaseModel):
    """What all parts of exchange files share: frozen, no field beyond the listed ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class NotEmpty:
    """Marks a list that needs an entry.

    pydantic's own ``min_length`` counts the entries that passed, and would call a list empty
    whose only entry has a fault.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_not_empty, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "minItems": 1}


def _not_empty(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    if not entries:
        raise PydanticCustomError(FaultCode.EMPTY, "empty")
    return entries


def exact_text(value: str) -> str:
    """Return *value* in NFC with ``\\n`` as its only line end."""
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", value))


def is_figure(value: object) -> TypeGuard[str | int]:
    """Whether *value* can stand where a figure must."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return _FIGURE.fullmatch(str(value)) is not None


def is_account(value: object) -> TypeGuard[str]:
    """Whether *value* can stand where a budget account must."""
    return isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None


def _text(value: str) -> str:
    return _without_mistakes(exact_text(value))


def _name(value: str) -> str:
    return _without(_NOT_IN_A_NAME, _without_mistakes(exact_text(value)))


def _unit_label(value: str) -> str:
    # The slash joins department and section where a section's name alone is not enough.
    return _without(_NOT_IN_A_UNIT, value)


def _without_mistakes(value: str) -> str:
    if odd := first_mistake(value):
        context = {"character": odd.code_point, "line": odd.line, "position": odd.column}
        raise PydanticCustomError(
            FaultCode.FORBIDDEN_CHARACTER,
            "forbidden character",
            {**context, "hint_ja": "", "hint_en": ""},
        )
    return value


def _without(forbidden: re.Pattern[str], value: str) -> str:
    found = forbidden.search(value)
    if found is None:
        return value
    blank = found[0].isspace() and found[0] not in "\r\n\t"
    context = {
        "character": f"U+{ord(found[0]):04X}",
        "line": 1,
        "position": found.start() + 1,
        "hint_ja": "前後の空白を除いてください。" if blank else "",
        "hint_en": "Remove the blank around the name." if blank else "",
    }
    raise PydanticCustomError(FaultCode.FORBIDDEN_CHARACTER, "forbidden character", context)


def _figure(value: Any) -> str:
    if isinstance(value, float):
        raise PydanticCustomError(FaultCode.FLOAT_FIGURE, "float figure", {"shown": shown(value)})
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise PydanticCustomError(FaultCode.WRONG_TYPE, "figure", {"expected": "figure"})
    if not is_figure(value):
        raise PydanticCustomError(FaultCode.MALFORMED, "figure", {"expected": "figure"})
    return str(value)


def _year(value: Any) -> int:
    # A model that is validated again has whole numbers as keys already.
    if not _YEAR.fullmatch(text := str(value)):
        raise PydanticCustomError(FaultCode.MALFORMED, "year", {"expected": "year"})
    return int(text)


#: One line: no line break, no blank at either end.
Name = Annotated[StrictStr, AfterValidator(_name), StringConstraints(min_length=1, max_length=200)]
#: A name that an organisation gives to a unit.
UnitLabel = Annotated[Name, AfterValidator(_unit_label)]
#: One short line that may be empty.
Label = Annotated[StrictStr, AfterValidator(_name), StringConstraints(max_length=200)]
#: Several lines, may be empty.
Text = Annotated[StrictStr, AfterValidator(_text), StringConstraints(max_length=10_000)]
#: A code is a text: leading zeros count, digits are never taken apart.
Code = Annotated[StrictStr, StringConstraints(pattern=CODE_PATTERN)]
#: 款 項 目, digits separated by one blank, as text ("02 01 03").
Account = Annotated[StrictStr, StringConstraints(pattern=ACCOUNT_PATTERN)]
#: Thousand yen.
Amount = Annotated[StrictInt, Field(ge=0, le=10**12)]
#: A figure as it is printed; ``Decimal(figure)`` is exact and always succeeds.
Figure = Annotated[
    str,
    BeforeValidator(_figure),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": FIGURE_PATTERN}, {"type": "integer"}]}),
]
#: A Gregorian fiscal year where JSON needs a key: 2021 is April 2021 to March 2022.
YearKey = Annotated[
    int,
    BeforeValidator(_year),
    WithJsonSchema({"type": "string", "pattern": YEAR_PATTERN}),
]
#: Figures by fiscal year.
Years = Annotated[
    Mapping[YearKey, Figure], Field(json_schema_extra={"additionalProperties": False})
]
