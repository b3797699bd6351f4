"""pydantic's error types → our faults, in the words of the person who made the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workflow.characters import Kind, odd_characters
from workflow.exchange.faults import FaultCode, Finding, Location, shown
from workflow.exchange.field_types import ACCOUNT_PATTERN, CODE_PATTERN
from workflow.exchange.unit_names import suggestion

_EXPECTED: Mapping[str, tuple[str, str]] = {
    "object": ("オブジェクト { }", "an object { }"),
    "array": ("配列 [ ]", "an array [ ]"),
    "string": ("文字列", "a string"),
    "integer": ("整数", "a whole number"),
    "boolean": ("true または false", "true or false"),
    "figure": (
        '数字の文字列（"96.5"）または整数',
        'a string of digits ("96.5") or a whole number',
    ),
}
_FORMS: Mapping[str, tuple[str, str]] = {
    "figure": (
        '半角数字で "46392"、"96.5"、"-1.2" のように、桁区切りなし、'
        "整数部15桁・小数部6桁までで書いてください。",
        'Write digits such as "46392", "96.5" or "-1.2": no separators, '
        "at most 15 digits before and 6 after the point.",
    ),
    "year": (
        '西暦の年度を "2021" のように書いてください。',
        'Write the Gregorian fiscal year, such as "2021".',
    ),
    CODE_PATTERN: (
        "コードは半角の英数字とハイフンで20字までです。",
        "A code has up to 20 ASCII letters, digits and hyphens.",
    ),
    ACCOUNT_PATTERN: (
        '款・項・目を "02 01 03" のように半角数字と空白で書いてください。',
        'Write title, item and sub-item as "02 01 03".',
    ),
}
_WRONG_TYPES: Mapping[str, str] = {
    "model_type": "object",
    "dict_type": "object",
    "mapping_type": "object",
    "tuple_type": "array",
    "string_type": "string",
    "int_type": "integer",
    "bool_type": "boolean",
}
#: pydantic's (or our own types') error type → code; what is not listed is ``invalid``.
_CODES: Mapping[str, FaultCode] = {
    "missing": FaultCode.MISSING_FIELD,
    "extra_forbidden": FaultCode.UNKNOWN_FIELD,
    **dict.fromkeys(_WRONG_TYPES, FaultCode.WRONG_TYPE),
    "string_pattern_mismatch": FaultCode.MALFORMED,
    "literal_error": FaultCode.NOT_ALLOWED,
    "greater_than_equal": FaultCode.OUT_OF_RANGE,
    "less_than_equal": FaultCode.OUT_OF_RANGE,
    "string_too_short": FaultCode.EMPTY,
    "too_short": FaultCode.EMPTY,
    "string_too_long": FaultCode.TOO_LONG,
    "too_long": FaultCode.TOO_LONG,
    "string_unicode": FaultCode.FORBIDDEN_CHARACTER,
    FaultCode.WRONG_TYPE: FaultCode.WRONG_TYPE,
    FaultCode.EMPTY: FaultCode.EMPTY,
    FaultCode.MALFORMED: FaultCode.MALFORMED,
    FaultCode.FLOAT_FIGURE: FaultCode.FLOAT_FIGURE,
    FaultCode.FORBIDDEN_CHARACTER: FaultCode.FORBIDDEN_CHARACTER,
}
#: pydantic's last step for an error in a mapping's key.
_KEY_STEP = "[key]"


Model = TypeVar("Model", bound=BaseModel)

#: Beyond so many errors only those of the first entries of each list and object are told.
_MANY, _FIRST = 2_000, 20


def validated(
    model: type[Model], tree: object, *, forms: Mapping[str, tuple[str, str]] | None = None
) -> tuple[Model | None, list[Finding]]:
    """Return the model of *tree*, or None and one finding per error that pydantic found.

    Of a file that is wrong all over the first entries are told and the rest is counted.

    Args:
        forms: pattern → what it asks for in Japanese and English, beyond the common ones.
    """
    try:
        return model.model_validate(tree), []
    except ValidationError as error:
        found, more = error, 0
        if error.error_count() > _MANY:
            found = _errors_of_the_first(model, tree) or error
            more = error.error_count() - found.error_count()
    words = {**_FORMS, **(forms or {})}
    names = field_names(model)
    details = found.errors(include_url=False)
    counted = [Finding((), FaultCode.MORE_FAULTS, {"count": more})] if more else []
    return None, [_finding(detail, names, words) for detail in details] + counted


def _errors_of_the_first(model: type[BaseModel], tree: object) -> ValidationError | None:
    try:
        model.model_validate(_shortened(tree))
    except ValidationError as error:
        return error
    return None


def _shortened(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: _shortened(value) for key, value in islice(tree.items(), 3 * _FIRST)}
    if isinstance(tree, list):
        return [_shortened(entry) for entry in tree[:_FIRST]]
    return tree


@cache
def field_names(model: type[BaseModel]) -> frozenset[str]:
    """Return every field name in *model* and in the models inside it."""
    definitions = model.model_json_schema().get("$defs", {}).values()
    inner = (part.get("properties", {}) for part in definitions)
    return frozenset(model.model_fields).union(*inner)


def _finding(
    detail: ErrorDetails,
    known_fields: Collection[str],
    forms: Mapping[str, tuple[str, str]],
) -> Finding:
    location: Location = tuple(step for step in detail["loc"] if step != _KEY_STEP)
    field = next((step for step in reversed(location) if isinstance(step, str)), "")
    kind = detail["type"]
    values: dict[str, Any] = {"shown": shown(detail["input"]), **detail.get("ctx", {})}
    code = _CODES.get(kind, FaultCode.INVALID)
    if code is FaultCode.MISSING_FIELD:
        values |= {"field": field}
    elif code is FaultCode.UNKNOWN_FIELD:
        values |= {"field": field} | suggestion(field, known_fields)
    elif code is FaultCode.WRONG_TYPE:
        values |= _two_tongues(_EXPECTED[_WRONG_TYPES.get(kind) or values["expected"]])
    elif code is FaultCode.MALFORMED:
        values |= _two_tongues(forms[values.get("pattern") or values["expected"]])
    elif kind == "string_unicode":
        values |= _surrogate(detail["input"])
    elif code is FaultCode.INVALID:
        values |= {"reason": detail["msg"]}
    return Finding(location, code, values | _limits(values))


def _two_tongues(words: tuple[str, str]) -> dict[str, str]:
    return {"expected_ja": words[0], "expected_en": words[1]}


def _limits(context: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that pydantic tells in an error's context, in the words of our sentences."""
    limits: dict[str, Any] = {}
    if "ge" in context:
        limits |= {"range_ja": f"{context['ge']}以上", "range_en": f"at least {context['ge']}"}
    if "le" in context:
        limits |= {"range_ja": f"{context['le']}以下", "range_en": f"at most {context['le']}"}
    if "max_length" in context:
        limits |= {"limit": context["max_length"]}
    if "expected" in context:
        limits |= {"allowed": context["expected"].replace(" or ", ", ")}
    return limits


def _surrogate(value: str) -> dict[str, Any]:
    odd = next(odd for odd in odd_characters(value) if odd.kind is Kind.SURROGATE)
    place = {"character": odd.code_point, "line": odd.line, "position": odd.column}
    return {**place, "hint_ja": "", "hint_en": ""}
