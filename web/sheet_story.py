"""Where a sheet is, who has it and what happened to it, in words, for the templates."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from web.comparison import ChangeInWords, in_words
from web.language import gettext as _
from web.language import locale
from web.words import day, iso, moment, reason, refusal, short_day, stage_label, with_short_hashes
from workflow.definition.facts import Holder
from workflow.definition.model import Definition, Stage
from workflow.queries.sheet_choices import ActionChoice
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheet_route import RouteStep
from workflow.queries.sheet_timeline import TimelineEntry

#: Action → the look of its entry in the timeline.
_KINDS = {
    "submit": "submit",
    "approve": "approve",
    "return": "return",
    "withdraw": "withdraw",
    "publish": "publish",
    "save": "edit",
    "hand_over": "edit",
}
#: Moves that put a sheet into somebody's hands; saving is none, nor a note, new people or a new
#: route.
_NOT_A_MOVE = frozenset({"save", "hand_over", "change_hands", "definition_changed"})


def people(holders: Iterable[Holder], most: int = 3) -> str:
    """Holders in words: post and name of the first *most*, and how many more."""
    everybody = list(holders)
    named = "、".join(f"{holder.title} {holder.name}" for holder in everybody[:most])
    if len(everybody) > most:
        return _("%(names)s ほか%(n)s名", names=named, n=len(everybody) - most)
    return named


def what_happened(action: str, label: str) -> str:
    """An action as a thing done, for lists of what happened."""
    return {
        "open": _("作成を始めました"),
        "save": _("保存しました"),
        "submit": _("提出しました"),
        "approve": _("承認しました"),
        "return": _("差し戻しました"),
        "withdraw": _("引き戻しました"),
        "publish": _("公表しました"),
        "content_changed": _("内容が変わりました"),
        "change_hands": _("担当が変わりました"),
        "hand_over": _("引継ぎを書きました"),
        "definition_changed": _("流れの定義が変わりました"),
    }.get(action, label)


def action_word(choice: ActionChoice) -> str:
    """What the button says."""
    return choice.label_en if locale() == "en" else choice.label


def timeline(page: SheetPage, revision_link: Any) -> list[dict[str, Any]]:
    """The entries for the macro; *revision_link* makes the link to a revision's page."""
    entries = []
    for entry in page.timeline:
        source, target = stage_label(entry.source), stage_label(entry.target)
        who = _("（氏名は保存期間が終わり、消去されました）") if entry.disposed else entry.person
        if entry.on_behalf_of:
            who = _("%(who)s（%(other)sの代理）", who=who, other=entry.on_behalf_of)
        entries.append(
            {
                "title": what_happened(entry.action, entry.label),
                "who": f"{entry.capacity} {who}".strip(),
                "at": moment(entry.at),
                "at_iso": iso(entry.at),
                "kind": _KINDS.get(entry.action, "plain"),
                "text": with_short_hashes(entry.reason),
                "detail": revision_link(
                    "" if entry.from_stage == entry.to_stage else f"{source} → {target}",
                    entry.revision,
                ),
            }
        )
    return entries


def last_move(page: SheetPage) -> TimelineEntry | None:
    """The event that put the sheet where it is."""
    return next((entry for entry in page.timeline if entry.action not in _NOT_A_MOVE), None)


def came_back(page: SheetPage) -> TimelineEntry | None:
    """The return that brought the sheet here, if that is how it came."""
    last = last_move(page)
    if last is None or last.action != "return" or last.led_to != page.stage.key:
        return None
    return last


def hand_over_notes(page: SheetPage) -> list[TimelineEntry]:
    """Notes since the sheet was last submitted, newest first, for those who draft now."""
    if page.edit_refusal is not None:
        return []
    since = itertools.takewhile(lambda entry: entry.action != "submit", page.timeline)
    return [entry for entry in since if entry.action == "hand_over"]


def route(page: SheetPage) -> list[dict[str, str]]:
    """The stages for the strip."""
    returned = came_back(page) is not None
    return [_step(step, returned) for step in page.route]


def _step(step: RouteStep, returned: bool) -> dict[str, str]:
    if step.state == "done":
        status, who, when = "reached", step.done_by, short_day(step.done_at)
    elif step.state == "current":
        status = "returned" if returned else "current"
        who, when = people(step.who, most=1), ""
    else:
        status, who = "to_come", people(step.who, most=1)
        when = _("期限 %(date)s", date=short_day(step.due_on)) if step.due_on else ""
    return {"label": stage_label(step.stage), "status": status, "who": who, "when": when}


def now(page: SheetPage) -> dict[str, Any] | None:
    """Who has it, since when, until when; None where it is nobody's turn any more."""
    if page.stage.final:
        return None
    here = next(step for step in page.route if step.stage.key == page.stage.key)
    return {
        "who": people(page.holders) or _("処理できる職員がいません"),
        "since": short_day(here.since),
        "until": day(here.due_on),
        "days": here.days_left,
    }


@dataclass(frozen=True)
class Cannot:
    """Actions that the reader may not do here, for one reason."""

    what: str
    why: str


def cannot(page: SheetPage) -> list[Cannot]:
    """What is not drawn, and why; the same reason is said once."""
    refused = [(refusal(c.refusal), action_word(c)) for c in page.actions if c.refusal]
    if page.edit_refusal is not None:
        refused.append((refusal(page.edit_refusal), _("本文を編集する")))
    order = list(dict.fromkeys(why for why, _what in refused))
    refused.sort(key=lambda pair: order.index(pair[0]))
    between = ", " if locale() == "en" else "・"
    return [
        Cannot(between.join(dict.fromkeys(what for _why, what in group)), why)
        for why, group in groupby(refused, key=lambda pair: pair[0])
    ]


def why_nothing(page: SheetPage) -> str:
    """One sentence for somebody who can do nothing here: whose turn it is, above all."""
    if page.stage.final:
        return _("公表済です。これ以上の操作はありません。")
    elsewhere = [c.refusal for c in page.actions if c.refusal and c.refusal.code == "other_post"]
    if elsewhere:
        return refusal(elsewhere[0])
    if page.holders:
        return reason("not_your_turn", stage=stage_label(page.stage), who=people(page.holders))
    return reason("nobody_left", stage=stage_label(page.stage))


@dataclass(frozen=True)
class SealBox:
    """One box of approval as on paper; empty where nobody has signed yet."""

    stage: str
    post: str
    name: str
    day: str
    iso: str


def seals(page: SheetPage) -> list[SealBox]:
    """The boxes: who drafted, and everybody whose signature the route asks for."""
    first = page.definition.initial
    submitted = None
    if not page.stage.editable:
        submitted = next((e for e in page.timeline if e.came_from == first.key
                          and e.led_to != first.key), None)  # fmt: skip
    boxes = [_seal(_("起案"), submitted)]
    signed = {entry.signed: entry for entry in page.approvals}
    for stage in page.definition.stages:
        if any(row.signs for row in page.definition.transitions_from(stage.key)):
            boxes.append(_seal(stage_label(stage), signed.get(stage.key)))
    return boxes


def _seal(stage: str, entry: TimelineEntry | None) -> SealBox:
    if entry is None:
        return SealBox(stage, "", "", "", "")
    return SealBox(stage, entry.capacity, entry.person, day(entry.at, weekday=False), iso(entry.at))


def can_be_withdrawn(definition: Definition, target: Stage) -> bool:
    """Whether a move to *target* can be taken back until somebody opens the sheet."""
    return any(row.by == "previous" for row in definition.transitions_from(target.key))


def what_next(definition: Definition, target: Stage, who: str) -> str:
    """What happens once the sheet is at *target* with *who*."""
    if target.final:
        return _("公表されました。これ以上の処理はありません。")
    if target.editable:
        return _("%(who)sが直して、もう一度提出します。", who=who)
    rows = definition.transitions_from(target.key)
    if any(row.by == "publication" for row in rows):
        return _("公表担当が、ほかのシートとまとめて公表します。公表されるとメールで知らせます。")
    return _(
        "%(who)sが内容を確かめて、承認するか差し戻します。差し戻されたときはメールで知らせます。",
        who=who,
    )


def base_revision(page: SheetPage) -> tuple[int, datetime] | None:
    """With which earlier revision a reader compares: what was last returned, else the one before.

    None where there is nothing earlier.
    """
    if page.revision is None:
        return None
    revisions: dict[int, datetime] = {}
    for entry in page.timeline:
        if entry.revision is not None:
            revisions[entry.revision] = entry.at
    newest = page.revision if not page.stage.editable else page.revision + 1
    returned = next((e.revision for e in page.timeline if e.action == "return" and e.revision
                     and e.revision < newest), None)  # fmt: skip
    number = returned or max((n for n in revisions if n < newest), default=None)
    return (number, revisions[number]) if number is not None else None


def revision_times(page: SheetPage) -> dict[int, datetime]:
    """Revision number → when it was made, as far as the ledger tells; newest first."""
    times: dict[int, datetime] = {}
    for entry in page.timeline:
        if entry.revision is not None:
            times[entry.revision] = entry.at
    return dict(sorted(times.items(), reverse=True))


def changes_between(before: Any, page: SheetPage) -> tuple[ChangeInWords, ...]:
    """What differs between an earlier content and the page's."""
    return in_words(before, page.content, len(page.rating_scale))


def until_opened(choice: ActionChoice, definition: Definition) -> str:
    """Until when the move can be taken back, in words; empty where it cannot."""
    if not can_be_withdrawn(definition, choice.target):
        return ""
    return _("次の担当者がシートを開くまで")


def due(value: date | None) -> str:
    """A last day in words; says so where there is none."""
    return day(value) if value is not None else _("定められていません")
