"""Where a sheet is, who has it and what happened to it, in words, for the templates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from web.comparison import ChangeInWords, in_words
from web.happenings import (
    came_back,
    hand_over_notes,
    happened,
    is_last,
    last_move,
    mark_of,
    timeline,
    what_happened,
)
from web.joint_words import joint_rule, objection_means, silence
from web.language import gettext as _
from web.naming import action_word, people
from web.refusals_in_words import cannot, why_nothing
from web.seals import joint_seals, seals
from web.words import day, short_day, stage_label
from workflow.definition.model import Basis, Definition, Objection, Stage, StageKind
from workflow.queries.sheet_choices import ActionChoice
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheet_route import RouteStep

#: Templates tell the whole story through this module.
__all__ = [
    "action_word", "base_revision", "came_back", "can_be_withdrawn", "cannot", "changes_between",
    "due", "hand_over_notes", "happened", "is_last", "joint_rule", "joint_seals", "last_move",
    "now", "objection_means", "people", "revision_times", "right", "route", "seals", "silence",
    "timeline", "until_opened", "what_happened", "what_next", "who_next", "why_nothing",
]  # fmt: skip


def route(page: SheetPage) -> list[dict[str, str]]:
    """The stages for the strip."""
    returned = came_back(page) is not None
    return [_step(step, returned) for step in page.route]


def _step(step: RouteStep, returned: bool) -> dict[str, str]:
    if step.state == "done":
        status, who, when = "reached", step.done_by, short_day(step.done_at)
    elif step.state == "current":
        status = "held" if step.held else "returned" if returned else "current"
        who, when = people(step.who, most=1), ""
    else:
        status, who = "to_come", people(step.who, most=1)
        when = _("期限 %(date)s", date=short_day(step.due_on)) if step.due_on else ""
    return {
        "label": stage_label(step.stage),
        "status": _status(step, status),
        "who": who,
        "when": when,
        "note": _answered(step),
    }


def _status(step: RouteStep, status: str) -> str:
    if step.stage.kind is StageKind.ENDED:
        return "ended"
    return "passed_over" if step.passed_over else status


def _answered(step: RouteStep) -> str:
    """How far a joint stage is; empty for every other, and where nobody was asked."""
    if step.answered is None or not step.answered[1]:
        return ""
    given, asked = step.answered
    return _("%(given)s/%(asked)s 回答済", given=given, asked=asked)


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
        "held": here.held,
    }


def can_be_withdrawn(definition: Definition, target: Stage) -> bool:
    """Whether a move to *target* can be taken back until somebody opens the sheet."""
    return any(row.by == "previous" for row in definition.transitions_from(target.key))


def what_next(definition: Definition, target: Stage, who: str) -> str:
    """What happens once the sheet is at *target* with *who*; empty: nobody is there for it."""
    if target.kind is StageKind.PUBLISHED:
        return _("公表されました。これ以上の処理はありません。")
    if target.kind is StageKind.ENDED:
        return _("このシートは終わりました。主担当課は、引用して新しいシートを起案できます。")
    if target.kind is StageKind.JOINT and not who:
        return _("まだ回答できる人がいません。期限まで待ちます。")
    if target.kind is StageKind.JOINT:
        return _("%(who)sが回答します。回答がそろうと、次の段階に進みます。", who=who) + (
            ""
            if target.joint is not None and target.joint.objection is Objection.NOTED
            else _("不同意で戻ることもあります。")
        )
    if target.editable:
        return _("%(who)sが直して、もう一度提出します。", who=who)
    if not who:
        return _("処理できる職員がいないため、システム管理者に知らせました。")
    rows = definition.transitions_from(target.key)
    if any(row.by == "publication" for row in rows):
        return _("公表担当が、ほかのシートとまとめて公表します。公表されるとメールで知らせます。")
    return _(
        "%(who)sが内容を確かめて、承認するか差し戻します。差し戻されたときは、直す職員にメールで知らせます。",
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
    returned = next((e.revision for e in page.timeline if e.action in ("return", "objected")
                     and e.revision and e.revision < newest), None)  # fmt: skip
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


def who_next(choice: ActionChoice) -> str:
    """Who has the sheet once the choice is walked; says so where there is nobody."""
    if choice.arrives.final:
        return "－"
    return people(choice.next_holders) or _("処理できる職員がいません")


def right(page: SheetPage, choice: ActionChoice) -> str:
    """By what right the reader signs, where it is not simply their own post; else empty."""
    holder = choice.holder
    if holder is not None and holder.instead_of is not None:
        absent = holder.instead_of
        return _(
            "%(mark)s（不在の%(who)sに代わって）",
            mark=mark_of(choice.basis, final_approval=choice.final_approval),
            who=f"{absent.title} {absent.name}",
        )
    delegated = page.stage.delegated
    if choice.basis is Basis.DELEGATED and delegated is not None:
        return _(
            "専決（%(who)sに代わって。%(rule)s）", who=delegated.instead_of, rule=delegated.rule
        )
    return ""


def due(value: date | None) -> str:
    """A last day in words; says so where there is none."""
    return day(value) if value is not None else _("定められていません")
