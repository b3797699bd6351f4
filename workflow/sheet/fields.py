"""The kinds of fields a sheet is made of: texts, names, printed figures, years and costs.

Each kind normalises and checks its own values; every refusal carries a stable error type
(`control_character`, `single_line`, `text_too_long`, `not_a_figure`,
`not_a_year`) for the shells to translate.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StrictInt
from pydantic_core import PydanticCustomError

from workflow.characters import first_mistake

#: Characters in one text that people write: ten times the largest box, and an end to pasted books.
TEXT_LIMIT = 4_000

# Full-width forms in figures. A table and not NFKC, which would read ① as 1 and ½ as 1/2.
_HALF_WIDTH = str.maketrans("０１２３４５６７８９，．＋－−▲△", "0123456789,.+----")
_FIGURE = re.compile(r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,15})?")
_YEAR_KEY = re.compile(r"[0-9]{4}")


def decimal_of(printed: str) -> Decimal:
    """Read a printed figure: "1,129", "16.8", "３", "△5"; the printed decimals stay ("3.10").

    Full-width digits and signs count as half-width; △ and ▲ are the minus of Japanese accounts.
    Raises ValueError for anything else, a misplaced comma or more than 15 digits included.
    """
    text = printed.strip().translate(_HALF_WIDTH)
    if not _FIGURE.fullmatch(text):
        raise ValueError(f"{printed!r} is not a figure")
    return Decimal(text.replace(",", ""))


def _clean(text: str) -> str:
    """Normalise to NFC and `\\n`; refuse what can only be a mistake (`workflow.characters`)."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if odd := first_mistake(text):
        raise PydanticCustomError(
            "control_character",
            "{code} in line {line}, column {column}",
            {"code": odd.code_point, "line": odd.line, "column": odd.column},
        )
    return text


def _single_line(text: str) -> str:
    """Drop spaces around, which nobody sees and which would change the hash."""
    text = text.strip(" \u3000")
    if "\n" in text or "\t" in text:
        raise PydanticCustomError("single_line", "a line break or tab in a single line")
    return text


def _within_limit(text: str) -> str:
    if len(text) > TEXT_LIMIT:
        raise PydanticCustomError(
            "text_too_long",
            "{length} characters, at most {limit}",
            {"length": len(text), "limit": TEXT_LIMIT},
        )
    return text


def _readable(printed: str) -> str:
    try:
        decimal_of(printed)
    except ValueError as error:
        raise PydanticCustomError("not_a_figure", "{message}", {"message": str(error)}) from error
    return printed


def _year_of_key(key: object) -> object:
    """Read the key of a JSON object, which is a text; "2021.0" is not another way to say 2021."""
    if not isinstance(key, str):
        return key
    if not _YEAR_KEY.fullmatch(key):
        raise PydanticCustomError("not_a_year", "not a fiscal year of four digits")
    return int(key)


def _in_year_order(figures: Mapping[int, str]) -> Mapping[int, str]:
    return MappingProxyType(dict(sorted(figures.items())))


#: Text of several lines; may be empty.
Text = Annotated[str, AfterValidator(_clean)]
#: Text that people write into a box.
BoxText = Annotated[Text, AfterValidator(_within_limit)]
#: A name, unit or code: one line. `Name` is never empty.
Line = Annotated[Text, AfterValidator(_single_line)]
Name = Annotated[Line, Field(min_length=1)]
#: A number as it is printed; always readable by `decimal_of`.
Figure = Annotated[Line, AfterValidator(_readable)]
#: A Gregorian fiscal year.
FiscalYear = Annotated[StrictInt, Field(ge=1886, le=2117)]
#: Thousand yen.
Cost = Annotated[StrictInt, Field(ge=0, le=10**12)]
Rating = Annotated[StrictInt, Field(ge=1, le=4)]
#: Figures by fiscal year, kept in the order of the years and not changeable.
FiguresByYear = Annotated[
    Mapping[Annotated[FiscalYear, BeforeValidator(_year_of_key)], Figure],
    AfterValidator(_in_year_order),
    PlainSerializer(lambda figures: {str(year): text for year, text in figures.items()}),
]
