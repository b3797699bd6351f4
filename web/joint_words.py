"""The rule of a joint stage in words: how many must agree, what an objection and silence mean."""

from __future__ import annotations

from web.language import gettext as _
from web.words import day
from workflow.definition.model import JointRule, NoReply, Objection, Quorum
from workflow.queries.sheet_joint import JointView
from workflow.queries.sheet_page import SheetPage


def joint_rule(page: SheetPage, view: JointView) -> str:
    """The whole rule; with the last day while the sheet is there."""
    here = next((step for step in page.route if step.stage.key == view.stage.key), None)
    due_on = here.due_on if here is not None else None
    until = day(due_on) if due_on is not None else _("期限")
    return f"{_quorum(view.rule)}{_objection(view.rule)}{_no_reply(view.rule, until)}"


def objection_means(page: SheetPage) -> str:
    """What one's objection would do here."""
    rule = page.stage.joint
    return _objection(rule) if rule is not None else ""


def silence(rule: JointRule) -> str:
    """What no answer by the last day counts as, as it stands in a box."""
    return {
        NoReply.AGREES: _("同意とみなす"),
        NoReply.OBJECTS: _("不同意とみなす"),
        NoReply.NOTIFIED: _("通知済"),
        NoReply.WAITS: _("未回答"),
    }[rule.no_reply]


def _quorum(rule: JointRule) -> str:
    if rule.quorum is Quorum.AT_LEAST:
        return _("%(n)s名の同意で次に進みます。", n=rule.number)
    return {
        Quorum.ALL: _("全員の同意で次に進みます。"),
        Quorum.ONE_PER_GROUP: _("各部局から1名の同意で次に進みます。"),
    }[rule.quorum]


def _objection(rule: JointRule) -> str:
    return {
        Objection.VETO: _("不同意が1件でもあると、シートは戻ります。"),
        Objection.COUNTS: _("不同意は、同意の数に達しなくなったときにシートを戻します。"),
        Objection.NOTED: _("不同意は記録され、シートは先に進みます。"),
    }[rule.objection]


def _no_reply(rule: JointRule, until: str) -> str:
    return {
        NoReply.WAITS: _("回答がないときは、期限を過ぎても待ちます。"),
        NoReply.AGREES: _("%(until)sまでに回答がないときは、同意とみなします。", until=until),
        NoReply.NOTIFIED: _("%(until)sまでに回答がないときは、通知済として進みます。", until=until),
        NoReply.OBJECTS: _("%(until)sまでに回答がないときは、不同意とみなします。", until=until),
    }[rule.no_reply]
