"""期限・督促 in the reader's words: kinds of notices, why a day moved, the area's menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import url_for

from web.core import actor
from web.language import gettext as _
from web.words import day, stage_label
from workflow.definition.later_dates import ReachedDate
from workflow.policy import Permission, check

#: A word that is said in the language of whoever reads it.
Words = Callable[[], str]

#: Kind of a notice → (words, kind of chip, icon).
NOTICE_KINDS: Mapping[str, tuple[Words, str, str]] = {
    "reminder": (lambda: _("期限の予告"), "info", "clock"),
    "overdue": (lambda: _("期限超過の督促"), "error", "error"),
    "escalation": (lambda: _("上司などへの報告"), "warning", "warning"),
    "post_review": (lambda: _("後閲のお願い"), "info", "half"),
    "your_turn": (lambda: _("あなたの番です"), "info", "circle"),
    "published": (lambda: _("公表のお知らせ"), "success", "check"),
    # In a digest only where the mail that told it at once was lost.
    "came_back": (lambda: _("差戻し"), "warning", "warning"),
    "consulted": (lambda: _("相談"), "info", "circle"),
}


def notice_kind(kind: str) -> tuple[str, str, str]:
    """What a notice is called, with its look."""
    words, look, icon = NOTICE_KINDS.get(kind, (lambda: _("お知らせ"), "neutral", "circle"))
    return words(), look, icon


def mailed_when(kind: str) -> str:
    """When a mail of a kind comes that people may do without."""
    return {
        "your_turn": _("シートが回ってきたとき、すぐに"),
        "published": _("自分のかかわったシートが公表されたとき、次のまとめで"),
        "reminder": _("期限の数日前から、朝のまとめで"),
    }[kind]


def why_moved(code: str | None, closed_day: str) -> str:
    """Why a last day is not the one that was wanted; empty where it is."""
    match code:
        case "moved_weekend":
            return _("%(name)sのため、次の開庁日", name=closed_day)
        case "moved_closed_day":
            return _("閉庁日（%(name)s）のため、次の開庁日", name=closed_day)
    return ""


def reached_date(one: ReachedDate) -> str:
    """That more time would reach a later date of the cycle, as a sentence."""
    due = day(one.due_on)
    if one.is_publication:
        if one.same_day:
            return _("公表予定日 %(day)s と同じ日になります。", day=due)
        return _("公表予定日 %(day)s を過ぎます。", day=due)
    stage = stage_label(one.stage)
    if one.is_next:
        if one.same_day:
            return _(
                "次の段階（%(stage)s）の期限 %(day)s と同じ日になります。", stage=stage, day=due
            )
        return _("次の段階（%(stage)s）の期限 %(day)s を過ぎます。", stage=stage, day=due)
    if one.same_day:
        return _("後の段階（%(stage)s）の期限 %(day)s と同じ日になります。", stage=stage, day=due)
    return _("後の段階（%(stage)s）の期限 %(day)s を過ぎます。", stage=stage, day=due)


def tabs(current: str) -> list[dict[str, object]]:
    """The menu of the area, as far as the reader may go."""
    entries = [
        ("preview", _("送信の予定"), "deadlines.index", Permission.FOLLOW_UP),
        ("dates", _("段階ごとの期限"), "deadlines.dates", Permission.FOLLOW_UP),
    ]
    return [
        {"label": label, "href": url_for(endpoint), "current": key == current}
        for key, label, endpoint, permission in entries
        if check(actor(), permission) is None
    ]
