"""How much room letters take, and where a label breaks: estimated, as nothing is drawn here.

Whole pixels throughout. Japanese breaks where a phrase begins, and elsewhere when it must; Latin
between words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

#: Hundredths of a square, as in BIZ UDPGothic, for signs that are not full squares.
_NARROW, _DIGIT, _CAPITAL, _BROAD, _BROADEST, _OTHER = 46, 76, 80, 92, 98, 68
_NARROW_SIGNS = frozenset("iljtfrI.,:;'!|()[] ")
_BROAD_SIGNS = frozenset("mw&")
_BROADEST_SIGNS = frozenset("MW@%")
#: Never the first of a line.
_TRAILING = frozenset("、。，．・：；」』）］】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;!?)]")


def is_wide(sign: str) -> bool:
    """Whether the sign takes a full square."""
    return unicodedata.east_asian_width(sign) in ("W", "F", "A")


def width(text: str, size: int) -> int:
    """Pixels that *text* takes in letters of *size* pixels, rounded up."""
    return (size * sum(map(_share, text)) + 99) // 100


def _share(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    if is_wide(sign):
        return 100
    if sign in _NARROW_SIGNS:
        return _NARROW
    if sign in _BROAD_SIGNS:
        return _BROAD
    if sign in _BROADEST_SIGNS:
        return _BROADEST
    if sign.isdigit():
        return _DIGIT
    return _CAPITAL if sign.isupper() else _OTHER


def broken(text: str, size: int, room: int) -> tuple[str, ...]:
    """*text* in lines of at most *room* pixels, as even as may be; empty for no text.

    A single sign that is wider than *room* stands alone.
    """
    needed = _filled(text, size, room)
    # The narrowest lines that need no more of them, so that they are about even.
    widest = max((width(piece.rstrip(), size) for piece in _phrases(text)), default=0)
    for narrower in range(max(room // 2, min(widest, room)), room):
        lines = _filled(text, size, narrower)
        if len(lines) <= len(needed):
            return lines
    return needed


def _filled(text: str, size: int, room: int) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for phrase in _phrases(text):
        whole = width(phrase.rstrip(), size) <= room
        for piece in [phrase] if whole else _fitting(phrase, size, room):
            if line and width((line + piece).rstrip(), size) > room:
                lines.append(line.strip())
                line = ""
            line += piece
    return tuple(part for part in (*lines, line.strip()) if part)


def _fitting(phrase: str, size: int, room: int) -> list[str]:
    """A phrase that is too wide for a line: sign by sign, a mark with the sign before it."""
    pieces: list[str] = []
    for sign in phrase:
        if pieces and sign in _TRAILING and width(pieces[-1] + sign, size) <= room:
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _phrases(text: str) -> Iterable[str]:
    """What is rather not broken inside: words, and in Japanese a particle with what it follows."""
    phrase = ""
    for sign in text:
        if phrase and _begins_a_phrase(phrase[-1], sign):
            yield phrase
            phrase = ""
        phrase += sign
    if phrase:
        yield phrase


def _begins_a_phrase(before: str, sign: str) -> bool:
    if sign in _TRAILING or sign.isspace():
        return False
    if is_wide(before) and is_wide(sign):
        # 内容が｜変わった: from the kana of an ending to the sign of a new word; 確認、｜修正.
        return before in _TRAILING or (_is_hiragana(before) and not _is_hiragana(sign))
    return is_wide(before) or is_wide(sign) or before.isspace()


def _is_hiragana(sign: str) -> bool:
    return "\u3041" <= sign <= "\u309f"
