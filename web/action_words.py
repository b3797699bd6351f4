"""The words of the general page that asks before an action: what it does, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass

from web.language import gettext as _
from web.naming import action_word
from workflow.definition.model import StageKind
from workflow.queries.sheet_choices import ActionChoice


@dataclass(frozen=True)
class Asking:
    """What the page says.

    Attributes:
        lead: what will happen, in full.
        ends: the action ends the sheet for good.
    """

    title: str
    lead: str
    button: str
    reason_label: str
    reason_support: str
    ends: bool


def asking(choice: ActionChoice) -> Asking:
    """The words for *choice*; an action that is new to this page is asked by its own label."""
    word = action_word(choice)
    if choice.target.kind is StageKind.ENDED:
        support = _("なぜ終えるのかを書いてください。関わった人に伝わり、履歴に残ります。")
        return Asking(word, _ending(choice), word, _("理由"), support, ends=True)
    if choice.by == "target":
        lead = _(
            "下の段階の人に代わって、このシートを引き上げます。引き上げたシートは、"
            "あなたの段階に進みます。代わられた人は、あとで後閲します。"
        )
        return Asking(word, lead, word, _("理由"), _support(), ends=False)
    lead = _("このシートについて「%(action)s」を行います。", action=word)
    label = _("承認に付ける意見") if choice.needs_comment else _("理由")
    return Asking(word, lead, word, label, _support(), ends=False)


def _support() -> str:
    return _("シートを見る人に見え、履歴に残ります。")


def _ending(choice: ActionChoice) -> str:
    if choice.action == "reject":
        return _(
            "却下すると、このシートはここで終わり、元には戻せません。"
            "主担当課は、このシートを引用して新しいシートを起案できます。"
        )
    return _(
        "廃案にすると、このシートはここで終わり、元には戻せません。"
        "必要になったときは、このシートを引用して新しいシートを起案できます。"
    )
