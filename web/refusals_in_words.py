"""What a reader may not do with a sheet, and why: what is not drawn is said instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from web.language import gettext as _
from web.language import locale
from web.naming import action_word, people
from web.words import reason, refusal, stage_label
from workflow.definition.model import StageKind
from workflow.definition.refusal import Refusal
from workflow.queries.sheet_page import SheetPage


@dataclass(frozen=True)
class Cannot:
    """Actions that the reader may not do here, for one reason."""

    what: str
    why: str


def cannot(page: SheetPage) -> list[Cannot]:
    """What is not drawn, and why; the same reason is said once."""
    refused = [(refusal(answer), what) for what, answer in _refused(page)]
    order = list(dict.fromkeys(why for why, _what in refused))
    refused.sort(key=lambda pair: order.index(pair[0]))
    between = ", " if locale() == "en" else "・"
    return [
        Cannot(between.join(dict.fromkeys(what for _why, what in group)), why)
        for why, group in groupby(refused, key=lambda pair: pair[0])
    ]


def _refused(page: SheetPage) -> Iterator[tuple[str, Refusal]]:
    beside, stage = page.beside, page.stage
    if stage.kind is StageKind.JOINT and isinstance(beside.reply, Refusal):
        yield _("%(stage)sに回答する", stage=stage_label(stage)), beside.reply
    for choice in page.actions:
        if choice.refusal is not None:
            yield action_word(choice), choice.refusal
    if page.edit_refusal is not None and stage.kind is not StageKind.ENDED:
        yield _("本文を編集する"), page.edit_refusal
    if stage.kind is StageKind.ENDED and beside.redraft is not None:
        yield _("引用して起案する"), beside.redraft
    if stage.final:
        return
    if page.hold is not None and isinstance(beside.lift, Refusal):
        yield _("保留を解く"), beside.lift
    if page.hold is None and isinstance(beside.hold, Refusal):
        yield _("保留する"), beside.hold
    if isinstance(beside.consult, Refusal):
        yield _("相談する"), beside.consult


def why_nothing(page: SheetPage) -> str:
    """One sentence for somebody who can do nothing here: whose turn it is, above all."""
    if page.stage.kind is StageKind.ENDED:
        return _(
            "「%(stage)s」となったシートです。これ以上の操作はありません。",
            stage=stage_label(page.stage),
        )
    if page.stage.final:
        return _("公表済です。これ以上の操作はありません。")
    if page.hold is not None:
        return reason("on_hold", who=page.hold.who, since=page.hold.since)
    elsewhere = [c.refusal for c in page.actions if c.refusal and c.refusal.code == "other_post"]
    if isinstance(page.beside.reply, Refusal) and page.beside.reply.code == "other_post":
        elsewhere.append(page.beside.reply)
    if elsewhere:
        return refusal(elsewhere[0])
    if page.holders:
        return reason("not_your_turn", stage=stage_label(page.stage), who=people(page.holders))
    if page.stage.kind is StageKind.JOINT:
        return _("まだ回答できる人がいません。期限まで待ちます。")
    return reason("nobody_left", stage=stage_label(page.stage))
