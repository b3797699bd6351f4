"""What an approver is told to look at twice: hints, and never more than that."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from workflow.sheet.content import SheetContent, judge_indicator
from workflow.sheet.judging import rating_disagrees

#: The texts that people write, in the order of the sheet.
TEXTS = (
    "objective",
    "annual_plan",
    "rating_reason",
    "results",
    "issues",
    "next_year_actions",
)
#: The objective belongs to the plan and stays for as long as the plan runs: the same words as last
#: year are no sign of haste there.
LASTING_TEXTS = frozenset({"objective"})

_WHITE_SPACE = re.compile(r"\s+")


def disagrees(content: SheetContent) -> bool:
    """Return whether stars and indicators of a content tell different stories.

    A sheet without stars disagrees with nothing (see `judging.rating_disagrees`).
    """
    if content.rating is None:
        return False
    year = content.target_fiscal_year
    return rating_disagrees(content.rating, [judge_indicator(i, year) for i in content.indicators])


def folded(text: str) -> str:
    """Return a text as it is compared word for word: width folded (NFKC), no white space."""
    return _WHITE_SPACE.sub("", unicodedata.normalize("NFKC", text))


def folded_texts(content: SheetContent) -> Mapping[str, str]:
    """Return the texts that are filled in, folded, by field and in the order of the sheet."""
    texts = {name: folded(getattr(content, name)) for name in TEXTS}
    return MappingProxyType({name: text for name, text in texts.items() if text})


def same_texts(earlier: Mapping[str, str], later: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields whose folded text is the same in both; an empty field equals nothing."""
    return tuple(name for name, text in later.items() if earlier.get(name) == text)


def copied(same: tuple[str, ...]) -> bool:
    """Return whether texts equal to last year's are worth a flag: others than lasting ones."""
    return any(name not in LASTING_TEXTS for name in same)
