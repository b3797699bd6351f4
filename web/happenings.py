"""What happened to a sheet, in the office's words: the timeline, by what right and for whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from web.language import gettext as _
from web.language import locale
from web.words import iso, moment, stage_label, with_short_hashes
from workflow.definition.label import in_language
from workflow.definition.model import Basis
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheet_timeline import TimelineEntry

#: Action → the look of its entry in the timeline.
_KINDS = {
    "submit": "submit",
    "approve": "approve",
    "agree": "approve",
    "agree_with_opinion": "approve",
    "agreed": "approve",
    "return": "return",
    "object": "return",
    "objected": "return",
    "withdraw": "withdraw",
    "take_back": "withdraw",
    "publish": "publish",
    "save": "edit",
    "hand_over": "edit",
    "hold": "hold",
    "lift_hold": "lift",
    "consult": "talk",
    "answer": "talk",
    "reject": "end",
    "abandon": "end",
    "pull_up": "raise",
}
#: What leaves a sheet in the hands that have it.
NOT_A_MOVE = frozenset(
    {
        "save", "hold", "lift_hold", "consult", "answer", "agree", "agree_with_opinion", "object",
        "take_back", "post_review", "change_hands", "hand_over", "nudge", "definition_changed",
        "move_deadline", "ask_extension", "grant_extension", "refuse_extension",
    }
)  # fmt: skip
#: What the engine does in the same breath as what settled it.
FOLLOWS_BY_ITSELF = frozenset({"agreed", "objected", "pass_over"})
#: Ways back to whoever wrote it, which say why.
_BACK = frozenset({"return", "objected"})

#: Action → what was done; asked one by one, since a page of rows asks often.
_DONE: dict[str, Callable[[], str]] = {
    "open": lambda: _("作成を始めました"),
    "save": lambda: _("保存しました"),
    "submit": lambda: _("提出しました"),
    "approve": lambda: _("承認しました"),
    "return": lambda: _("差し戻しました"),
    "withdraw": lambda: _("引き戻しました"),
    "publish": lambda: _("公表しました"),
    "content_changed": lambda: _("内容が変わりました"),
    "hold": lambda: _("保留しました"),
    "lift_hold": lambda: _("保留を解きました"),
    "consult": lambda: _("相談しました"),
    "answer": lambda: _("相談に回答しました"),
    "agree": lambda: _("同意しました"),
    "agree_with_opinion": lambda: _("意見を付けて同意しました"),
    "object": lambda: _("不同意としました"),
    "take_back": lambda: _("合議の回答を取り消しました"),
    "agreed": lambda: _("回答がそろい、次の段階に進みました"),
    "objected": lambda: _("不同意により戻りました"),
    "pass_over": lambda: _("不在のため後閲としました"),
    "post_review": lambda: _("後閲しました"),
    "pull_up": lambda: _("引き上げました"),
    "reject": lambda: _("却下しました"),
    "abandon": lambda: _("廃案にしました"),
    "definition_changed": lambda: _("流れの定義が変わりました"),
    "change_hands": lambda: _("担当が変わりました"),
    "hand_over": lambda: _("引継ぎを書きました"),
    "nudge": lambda: _("催促しました"),
    "move_deadline": lambda: _("期限が動きました"),
    "ask_extension": lambda: _("期限の延長を申し出ました"),
    "grant_extension": lambda: _("期限の延長を認めました"),
    "refuse_extension": lambda: _("期限の延長を認めませんでした"),
}


def what_happened(action: str, label: str) -> str:
    """An action as a thing done, for lists of what happened; its plain label where it is new."""
    said = _DONE.get(action)
    return in_language(label, locale()) if said is None else said()


def happened(entry: TimelineEntry) -> str:
    """The same for an entry of the timeline, which knows its quoted sheet."""
    if entry.action == "open" and entry.reason:
        return _("引用して起案しました")
    return what_happened(entry.action, entry.label)


def mark_of(basis: Basis, *, final_approval: bool) -> str:
    """By what right, as offices mark it on paper; empty for one's own post."""
    if basis is Basis.SUBSTITUTE:
        return _("代決") if final_approval else _("代理")
    return {
        Basis.DELEGATED: _("専決"),
        Basis.PULL_UP: _("引上げ"),
        Basis.POST_REVIEW: _("後閲"),
        Basis.KEPT: _("旧担当"),
    }.get(basis, "")


def timeline(page: SheetPage, revision_link: Any) -> list[dict[str, Any]]:
    """The entries for the macro; *revision_link* makes the link to a revision's page."""
    entries = []
    for entry in page.timeline:
        source, target = stage_label(entry.source), stage_label(entry.target)
        moved = "" if entry.from_stage == entry.to_stage else f"{source} → {target}"
        entries.append(
            {
                "title": happened(entry),
                "mark": mark_of(entry.basis, final_approval=entry.final_approval),
                "who": _who(entry),
                "at": moment(entry.at),
                "at_iso": iso(entry.at),
                "kind": _KINDS.get(entry.action, "plain"),
                "text": _text(entry),
                "detail": revision_link(moved, entry.revision),
            }
        )
    return entries


def _text(entry: TimelineEntry) -> str:
    if entry.action == "content_changed" and entry.reason:
        return _("取り込んだファイル：%(name)s", name=entry.reason)
    return with_short_hashes(entry.reason)


def _who(entry: TimelineEntry) -> str:
    if entry.disposed:
        who = _("（氏名は保存期間が終わり、消去されました）")
    elif entry.on_behalf_of and entry.basis is Basis.POST_REVIEW:
        # Nobody acted: the engine passed the stage over.
        return _("%(who)sの不在による", who=entry.on_behalf_of)
    elif entry.on_behalf_of:
        who = _("%(who)s（%(other)sの代理）", who=entry.person, other=entry.on_behalf_of)
    else:
        who = entry.person
    return f"{entry.capacity} {who}".strip()


def last_move(page: SheetPage) -> TimelineEntry | None:
    """The event that put the sheet where it is."""
    return next((entry for entry in page.timeline if entry.action not in NOT_A_MOVE), None)


def is_last(page: SheetPage, entry: TimelineEntry) -> bool:
    """Whether nobody has moved the sheet since *entry*, what followed by itself left aside."""
    return not any(
        later.action not in NOT_A_MOVE | FOLLOWS_BY_ITSELF
        for later in page.timeline
        if later.sequence > entry.sequence
    )


def came_back(page: SheetPage) -> TimelineEntry | None:
    """What brought the sheet back here, with who said why, if that is how it came."""
    last = last_move(page)
    if last is None or last.action not in _BACK or last.led_to != page.stage.key:
        return None
    if last.action == "objected":
        # The engine moved it; the objection is what the reader must see.
        said = (e for e in page.timeline if e.action == "object" and e.sequence < last.sequence)
        return next(said, last)
    return last


def hand_over_notes(page: SheetPage) -> list[TimelineEntry]:
    """Notes since the sheet was last submitted, newest first, for those who draft now."""
    if page.edit_refusal is not None:
        return []
    since = itertools.takewhile(lambda entry: entry.action != "submit", page.timeline)
    return [entry for entry in since if entry.action == "hand_over"]
