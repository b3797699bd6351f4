"""How much room letters take, and where a label breaks: estimated, as nothing is drawn here.

Whole pixels throughout. Japanese breaks between any two characters, Latin between words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_NARROW = frozenset("iljtfrI.,:;'!|()[] ")
_BROAD = frozenset("mwMW@%&")
#: Never the first of a line.
_TRAILING = frozenset("、。，．・：；」』）］】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;!?)]")


def is_wide(sign: str) -> bool:
    """Whether the sign takes a full square."""
    return unicodedata.east_asian_width(sign) in ("W", "F", "A")


def width(text: str, size: int) -> int:
    """Pixels that *text* takes at most in letters of *size* pixels."""
    return sum(_width(sign, size) for sign in text)


def _width(sign: str, size: int) -> int:
    if unicodedata.combining(sign):
        return 0
    if is_wide(sign):
        return size
    if sign in _NARROW:
        return (size * 38 + 99) // 100
    if sign in _BROAD or sign.isupper():
        return (size * 78 + 99) // 100
    return (size * 56 + 99) // 100


def broken(text: str, size: int, room: int) -> tuple[str, ...]:
    """*text* in lines of at most *room* pixels, as even as may be; empty for no text.

    A single sign that is wider than *room* stands alone.
    """
    needed = _filled(text, size, room)
    # The narrowest lines that need no more of them: 内容が／変わった and not 内容が変わ／った.
    widest = max((width(piece.rstrip(), size) for piece in _pieces(text)), default=0)
    for narrower in range(max(room // 2, min(widest, room)), room):
        lines = _filled(text, size, narrower)
        if len(lines) <= len(needed):
            return lines
    return needed


def _filled(text: str, size: int, room: int) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width((line + piece).rstrip(), size) > room:
            lines.append(line.strip())
            line = ""
        while width(piece.rstrip(), size) > room and len(piece) > 1:
            fitting = _fitting(piece, size, room)
            lines.append(piece[:fitting])
            piece = piece[fitting:]
        line += piece
    return tuple(part for part in (*lines, line.strip()) if part)


def _fitting(piece: str, size: int, room: int) -> int:
    """How many signs of *piece* fit, at least one."""
    count = 1
    while width(piece[: count + 1], size) <= room:
        count += 1
    return count


def _pieces(text: str) -> Iterable[str]:
    """What may not be broken inside: a wide sign with what must follow it, a word and its space."""
    piece = ""
    for sign in text:
        follows = sign in _TRAILING or sign.isspace()
        joins = piece and not is_wide(sign) and not is_wide(piece[-1]) and not piece[-1].isspace()
        if piece and not follows and not joins:
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece
