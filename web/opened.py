"""What somebody opened and chose in the workbench, carried from page to page in its address.

Looking may write nothing, so the page of a sheet hands out a mark that says: this person was shown
this content at this version. The mark is signed over the whole content hash, so nobody can choose
what they were not shown, and what changed since no longer fits its mark. Chosen are ids, each with
its mark. Two windows do not disturb each other, the back button brings a choice back, and all of it
works without a script.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import current_app

from web.core import actor
from workflow.services.approving import Wish

#: What one address can carry: servers take lines of 4094 characters.
MOST_AT_ONCE = 100

_MARK = re.compile(r"([1-9][0-9]{0,11})\.([0-9]{1,9})\.([A-Za-z0-9_-]{12})")
_MARKS = re.compile(rf"{_MARK.pattern}(?:\.{_MARK.pattern})*")


@dataclass(frozen=True)
class Mark:
    """That a sheet was shown at a version, with the seal over its content."""

    evaluation_id: int
    version: int
    seal: str

    def __str__(self) -> str:
        return f"{self.evaluation_id}.{self.version}.{self.seal}"


def mark(evaluation_id: int, version: int, content_hash: bytes) -> Mark:
    """The mark for what the reader of this request is being shown."""
    said = f"{actor().person_id}.{evaluation_id}.{version}.{content_hash.hex()}"
    key = str(current_app.secret_key).encode()
    digest = hmac.digest(key, b"opened in the workbench\0" + said.encode(), hashlib.sha256)
    return Mark(evaluation_id, version, urlsafe_b64encode(digest[:9]).decode())


def fits(shown: Mark, content_hash: bytes) -> bool:
    """Whether *shown* was handed to this reader for this very content."""
    expected = mark(shown.evaluation_id, shown.version, content_hash)
    return hmac.compare_digest(expected.seal, shown.seal)


@dataclass(frozen=True)
class Choice:
    """What was opened, in the order of opening, and what is chosen.

    Whether a mark still fits is asked where it matters; what was never opened has none.
    """

    opened: Mapping[int, Mark]
    chosen: tuple[int, ...]

    @property
    def marks(self) -> str:
        """All marks, as the address carries them."""
        return ".".join(str(shown) for shown in self.opened.values())

    @property
    def is_full(self) -> bool:
        """Whether an address can carry no further sheet."""
        return len(self.opened) >= MOST_AT_ONCE and set(self.opened) <= set(self.chosen)

    def with_opened(self, shown: Mark) -> Choice:
        """The same with a sheet that is being shown; the oldest that is not chosen gives way."""
        others = {key: other for key, other in self.opened.items() if key != shown.evaluation_id}
        while len(others) >= MOST_AT_ONCE:
            oldest = next((key for key in others if key not in self.chosen), None)
            if oldest is None:
                return self
            del others[oldest]
        return replace(self, opened={**others, shown.evaluation_id: shown})

    def without(self, evaluation_id: int) -> Choice:
        """The same with a sheet not chosen."""
        return replace(self, chosen=tuple(i for i in self.chosen if i != evaluation_id))

    def only(self, ids: Iterable[int]) -> Choice:
        """The same with nothing but the sheets with these ids, all of them chosen."""
        kept = tuple(ids)
        return Choice({i: self.opened[i] for i in kept if i in self.opened}, kept)


def read(marks: str, chosen: Iterable[str], dropped: Iterable[str] = ()) -> Choice:
    """What an address or a form of the workbench carries; what is not ours counts as none."""
    found = _MARK.finditer(marks) if _MARKS.fullmatch(marks) else ()
    listed = [Mark(int(m[1]), int(m[2]), m[3]) for m in found][-MOST_AT_ONCE:]
    opened = {shown.evaluation_id: shown for shown in listed}
    gone = _ids(dropped)
    wanted = [number for number in _ids(chosen) if number not in gone]
    return Choice(opened, tuple(wanted[:MOST_AT_ONCE]))


def _ids(typed: Iterable[str]) -> list[int]:
    numbers = (int(text) for text in typed if re.fullmatch(r"[1-9][0-9]{0,11}", text))
    return list(dict.fromkeys(numbers))


def wishes(choice: Choice, hashes: Mapping[int, bytes | None]) -> Sequence[Wish]:
    """What is chosen, as the engine takes it; *hashes*: how the contents stand now, by sheet."""
    made = []
    for evaluation_id in choice.chosen:
        shown, content_hash = choice.opened.get(evaluation_id), hashes.get(evaluation_id)
        if shown is None:
            made.append(Wish(evaluation_id, None, None))
            continue
        fitting = content_hash is not None and fits(shown, content_hash)
        made.append(Wish(evaluation_id, shown.version, content_hash if fitting else None))
    return made
