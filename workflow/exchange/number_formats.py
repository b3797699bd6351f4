"""What a spreadsheet shows for a number under a format code: ``007`` for 7 under ``000``. Pure.

Reads a stated set of codes, as a Japanese Excel shows them, and refuses every other: digits with
leading zeros, separators and literal signs among them, per cent, scales, one exponent, up to four
sections, fills and colours; days and times with 和暦, weekdays and elapsed hours. Codes that hang
on the machine or on the width of the column are refused: conditions, fractions, [DBNum], the first
year of an era (1 or 元, by a setting of Windows), numbers that do not fit under "General".
Source: ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from workflow.exchange.date_formats import NotShown, date_text, is_date_code

__all__ = ["BUILT_IN", "NotShown", "shown_number", "shown_text"]

_ERA, _LONG = "[$-411]ge.m.d", '[$-411]ggge"年"m"月"d"日"'
_YEAR_MONTH, _MONTH_DAY = 'yyyy"年"m"月"', 'm"月"d"日"'
#: Codes of the formats that a file names by number alone, in a Japanese Excel.
BUILT_IN: Mapping[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: "¥#,##0;¥-#,##0", 6: "¥#,##0;[Red]¥-#,##0", 7: "¥#,##0.00;¥-#,##0.00",
    8: "¥#,##0.00;[Red]¥-#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: _ERA, 28: _LONG, 29: _LONG, 30: "m/d/yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"', 34: _YEAR_MONTH, 35: _MONTH_DAY, 36: _ERA,
    37: "#,##0;-#,##0", 38: "#,##0;[Red]-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00", 41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    42: '_ ¥* #,##0_ ;_ ¥* -#,##0_ ;_ ¥* "-"_ ;_ @_ ', 45: "mm:ss", 46: "[h]:mm:ss",
    49: "@", 50: _ERA, 51: _LONG, 52: _YEAR_MONTH, 53: _MONTH_DAY, 54: _LONG, 55: _YEAR_MONTH,
    56: _MONTH_DAY, 57: _ERA, 58: _LONG,
}  # fmt: skip

#: Excel computes with so many digits; the rest of a longer number is lost in it.
_MOST_DIGITS = 15
#: So many characters fit under "General" in every column that is wide enough.
_GENERAL_WIDTH = 11
_SECTION_END = re.compile(r'(?:"[^"]*"|\\.|[_*].|\[[^\]]*\]|[^;"\\])*?(?=;|$)')
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<blank>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/標準)|(?P<exponent>E[+-])|(?P<digit>[0#?])|(?P<point>\.)"
    r"|(?P<comma>,)|(?P<percent>%)|(?P<at>@)|(?P<literal>[ $¥+\-:!^&'~{}<>=()]|[^\x00-\x7f])",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r'"[^"]*"|\\.|[_*].')
_COLOUR = re.compile(r"(?:black|blue|cyan|green|magenta|red|white|yellow|[黒青緑紫赤白黄]|色\s?\d+|"
                     r"color\s?\d+)", re.IGNORECASE)  # fmt: skip
_CURRENCY = re.compile(r"\$(?P<sign>[^-]*)(?:-[0-9A-Fa-f]+)?")


@dataclass(frozen=True)
class _Token:
    """A part of a code: a kind of ``_TOKEN`` (``literal`` for all that is written as it is)."""

    kind: str
    text: str


def shown_number(value: Decimal, code: str | int, *, since_1904: bool = False) -> str:
    """What stands in the cell.

    Args:
        value: the stored number; for days and times the serial number of a spreadsheet.
        code: the format code, or the number of a built-in one.
        since_1904: whether the workbook counts its days from 1904.

    Raises:
        NotShown: the code is none of those that are read, or nothing would be seen.
    """
    sections = _sections(_code(code))
    if _is_for_texts(sections[-1]):
        sections = sections[:-1] or ["General"]
    if len(value.as_tuple().digits) > _MOST_DIGITS:
        raise NotShown("digits")
    section, amount = _section_for(value, sections)
    if is_date_code(section):
        text = date_text(value, section, since_1904=since_1904)
    else:
        text = _digits_text(amount, _tokens(section))
        if value < 0 and len(sections) == 1 and re.search("[1-9]", text):
            text = f"-{text}"
    if not text.strip():
        raise NotShown("hidden")
    return text.strip()


def shown_text(text: str, code: str | int) -> str:
    """What stands in a cell that holds a text; a code may add to it (``@"課"``), or hide it.

    Raises:
        NotShown: the same.
    """
    sections = _sections(_code(code))
    if len(sections) < 4 and not _is_for_texts(sections[-1]):
        return text
    tokens = _tokens(sections[-1])
    if not any(token.kind == "at" for token in tokens):
        raise NotShown("hidden")
    if any(token.kind not in ("at", "literal") for token in tokens):
        raise NotShown("code")
    return "".join(text if token.kind == "at" else token.text for token in tokens).strip()


def _code(code: str | int) -> str:
    if isinstance(code, str):
        return code
    if code not in BUILT_IN:
        raise NotShown("code")
    return BUILT_IN[code]


def _sections(code: str) -> list[str]:
    sections, at = [], 0
    while True:
        found = _SECTION_END.match(code, at)
        if found is None:
            raise NotShown("code")
        sections.append(found[0])
        at = found.end() + 1
        if at > len(code):
            break
    if len(sections) > 4:
        raise NotShown("code")
    return sections


def _is_for_texts(section: str) -> bool:
    return "@" in _WRITTEN.sub("", section)


def _section_for(value: Decimal, sections: Sequence[str]) -> tuple[str, Decimal]:
    """The section for the number's sign, and the number without it."""
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], abs(value)


def _tokens(section: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(section):
        found = _TOKEN.match(section, at)
        if found is None:
            raise NotShown("code")
        kind, text = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "bracket":
            tokens.append(_Token("literal", _bracket(text)))
        elif kind == "blank":
            tokens.append(_Token("literal", " "))
        elif kind in ("quoted", "escaped"):
            tokens.append(_Token("literal", text))
        elif kind != "fill":
            tokens.append(_Token(kind, text))
        at = found.end()
    return tokens


def _bracket(text: str) -> str:
    """What a part in brackets shows: a currency's sign; nothing for a colour or a language."""
    if _COLOUR.fullmatch(text):
        return ""
    currency = _CURRENCY.fullmatch(text)
    if currency is None:
        raise NotShown("code")
    return currency["sign"]


def _digits_text(amount: Decimal, tokens: list[_Token]) -> str:
    kinds = [token.kind for token in tokens]
    if "at" in kinds or kinds.count("point") > 1 or kinds.count("exponent") > 1:
        raise NotShown("code")
    if "general" in kinds:
        if {"digit", "exponent", "point", "comma"} & set(kinds):
            raise NotShown("code")
        return "".join(_general(amount) if t.kind == "general" else t.text for t in tokens)
    if "digit" not in kinds:
        # A section of words alone, such as "-" for nothing.
        return "".join(token.text for token in tokens)
    if "exponent" in kinds:
        return _scientific(amount, tokens)
    last = max(n for n, kind in enumerate(kinds) if kind == "digit")
    scale = 0
    while last + scale + 1 < len(kinds) and kinds[last + scale + 1] == "comma":
        scale += 1
    point = kinds.index("point") if "point" in kinds else last + 1
    places = kinds[point:].count("digit")
    amount = amount.scaleb(2 * kinds.count("percent") - 3 * scale)
    whole, _, fraction = f"{_rounded(amount, places):f}".partition(".")
    grouped = "comma" in kinds[kinds.index("digit") : min(point, last)]
    return _whole_part(tokens[:point], whole, grouped=grouped) + _fraction(tokens[point:], fraction)


def _rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _general(amount: Decimal) -> str:
    text = f"{amount.normalize():f}" if amount else "0"
    if len(text) > _GENERAL_WIDTH:
        raise NotShown("width")
    return text


def _scientific(amount: Decimal, tokens: list[_Token]) -> str:
    kinds = "".join({"digit": "0", "point": ".", "exponent": "E"}.get(t.kind, "x") for t in tokens)
    form = re.fullmatch(r"0(?:\.(?P<places>0*))?E(?P<exponent>0+)", kinds)
    if form is None or any(token.text in "#?" for token in tokens):
        raise NotShown("code")
    places = len(form["places"] or "")
    exponent = amount.adjusted() if amount else 0
    mantissa = _rounded(amount.scaleb(-exponent), places)
    if mantissa >= 10:
        exponent += 1
        mantissa = _rounded(amount.scaleb(-exponent), places)
    sign = "-" if exponent < 0 else "+" if "+" in tokens[kinds.index("E")].text else ""
    return f"{mantissa:f}E{sign}{abs(exponent):0{len(form['exponent'])}d}"


def _whole_part(tokens: list[_Token], whole: str, *, grouped: bool) -> str:
    """Digits fill their places from the right; the first place takes all that are left."""
    left = [] if whole == "0" else list(whole)
    places = sum(token.kind == "digit" for token in tokens)
    parts: list[str] = []
    written = 0

    def write(digit: str) -> None:
        nonlocal written
        if grouped and written and written % 3 == 0:
            parts.append(",")
        parts.append(digit)
        written += 1

    for token in reversed(tokens):
        if token.kind == "digit":
            places -= 1
            if left:
                write(left.pop())
            elif token.text != "#":
                write("0" if token.text == "0" else " ")
            while places == 0 and left:
                write(left.pop())
        elif token.kind != "comma":
            parts.append(token.text[::-1])
    if left:
        # A code such as ".00" has no place before the point.
        parts += reversed(left)
    return "".join(parts)[::-1]


def _fraction(tokens: list[_Token], digits: str) -> str:
    parts = []
    significant = len(digits.rstrip("0"))
    at = 0
    for token in tokens:
        if token.kind == "digit":
            is_shown = token.text == "0" or at < significant
            parts.append(digits[at] if is_shown else " " if token.text == "?" else "")
            at += 1
        elif token.kind != "comma":
            parts.append(token.text)
    return "".join(parts)
