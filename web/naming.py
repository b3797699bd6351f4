"""How people, actions and stages are named to a reader."""

from __future__ import annotations

from collections.abc import Iterable

from web.language import gettext as _
from web.language import locale
from workflow.definition.facts import Holder
from workflow.queries.sheet_choices import ActionChoice


def people(holders: Iterable[Holder], most: int = 3) -> str:
    """Holders in words: post and name of the first *most*, and how many more."""
    everybody = list(holders)
    named = "、".join(f"{holder.title} {holder.name}" for holder in everybody[:most])
    if len(everybody) > most:
        return _("%(names)s ほか%(n)s名", names=named, n=len(everybody) - most)
    return named


def action_word(choice: ActionChoice) -> str:
    """What the button says."""
    return choice.label_en if locale() == "en" else choice.label
