"""The bar at a sheet's foot: one solid button, the frequent ones beside it, the rest in a menu."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import url_for

from web.language import gettext as _
from web.naming import action_word
from web.words import stage_label
from workflow.definition.model import StageKind
from workflow.definition.refusal import Refusal
from workflow.queries.sheet_choices import ActionChoice
from workflow.queries.sheet_page import SheetPage

#: Actions with a page of their own; every other is asked about on the general page.
OWN_PAGES = {
    "submit": "sheets.check",
    "approve": "sheets.approve",
    "return": "sheets.give_back",
    "withdraw": "sheets.withdraw",
}


@dataclass(frozen=True)
class Button:
    """One way to a page that asks; *rank* is solid, outline or text."""

    label: str
    href: str
    rank: str = "outline"
    icon: str | None = None
    icon_after: str | None = None


@dataclass(frozen=True)
class Bar:
    """What the bar draws; nothing at all where both are empty."""

    buttons: tuple[Button, ...]
    more: tuple[Button, ...]


def address_of(action: str, evaluation_id: int, seen: str) -> str:
    """The page that asks before *action* is carried out; *seen*: the hash that the reader saw."""
    endpoint = OWN_PAGES.get(action)
    if endpoint is not None:
        return url_for(endpoint, evaluation_id=evaluation_id, seen=seen)
    return url_for("sheets.ask", evaluation_id=evaluation_id, action=action, seen=seen)


def bar(page: SheetPage, *, may_publish: bool) -> Bar:
    """Every button for the reader of *page*; what they may not do is not among them."""
    buttons = _writing(page)
    more: list[Button] = []
    if page.stage.kind is StageKind.JOINT and not isinstance(page.beside.reply, Refusal):
        word = _("%(stage)sに回答する", stage=stage_label(page.stage))
        buttons.append(_beside(page, word, "reply", rank="solid"))
    if not isinstance(page.beside.take_back, Refusal):
        word = _("%(stage)sの回答を取り消す", stage=stage_label(page.stage))
        buttons.append(_beside(page, word, "take_back", icon="return"))
    if not isinstance(page.beside.lift, Refusal):
        buttons.append(_beside(page, _("保留を解く"), "lift", rank="solid"))
    for choice in _open(page):
        button = Button(
            _word(choice),
            address_of(choice.action, page.id, page.seen_hash),
            rank="solid" if choice.signs else "outline",
            icon="return" if choice.action in ("return", "withdraw") else None,
        )
        (more if _is_rare(choice) else buttons).append(button)
    if page.stage.kind is StageKind.ENDED and page.beside.redraft is None:
        buttons.append(_beside(page, _("引用して起案する"), "redraft", rank="solid", icon="pencil"))
    buttons += _elsewhere(page, may_publish=may_publish)
    if not isinstance(page.beside.consult, Refusal):
        more.insert(0, _beside(page, _("相談する"), "consult", icon="comment"))
    if not isinstance(page.beside.consult, Refusal) and _is_due(page):
        more.insert(1, _beside(page, _("期限の延長を申し出る"), "extension", icon="clock"))
    if not isinstance(page.beside.hold, Refusal):
        more.insert(0, _beside(page, _("保留する"), "hold", icon="pause"))
    return Bar(_one_solid(buttons), tuple(more))


def _is_due(page: SheetPage) -> bool:
    """Whether the stage where the sheet is has a last day."""
    return any(step.due_on for step in page.route if step.stage.key == page.stage.key)


def _beside(
    page: SheetPage, label: str, endpoint: str, *, rank: str = "outline", icon: str | None = None
) -> Button:
    return Button(label, url_for(f"sheets.{endpoint}", evaluation_id=page.id), rank, icon)


def _writing(page: SheetPage) -> list[Button]:
    if page.edit_refusal is not None:
        return []
    return [_beside(page, _("編集する"), "edit", rank="solid", icon="pencil")]


def _open(page: SheetPage) -> list[ActionChoice]:
    """What the reader may walk; one of several targets of the same action stands for all."""
    found: dict[str, ActionChoice] = {}
    for choice in page.actions:
        if choice.refusal is None:
            found.setdefault(choice.action, choice)
    return list(found.values())


def _word(choice: ActionChoice) -> str:
    """The first of several targets must not name itself."""
    return {"submit": _("提出内容の確認へ"), "return": _("差し戻す")}.get(
        choice.action, action_word(choice)
    )


def _is_rare(choice: ActionChoice) -> bool:
    """What ends a sheet, and what takes it from somebody else's hands."""
    return choice.target.kind is StageKind.ENDED or choice.by == "target"


def _elsewhere(page: SheetPage, *, may_publish: bool) -> list[Button]:
    """Ways to pages that are not about a step of this sheet alone."""
    found = []
    if any(c.refusal and c.refusal.code == "sheet_incomplete" for c in page.actions):
        label = _("提出前の確認（未入力 %(n)s件）", n=len(page.missing))
        found.append(_beside(page, label, "check"))
    if page.edit_refusal is None:
        found.append(_beside(page, _("引継ぎを書く"), "hand_over", rank="text"))
    if page.cost_codes:
        found.append(_beside(page, _("事業費を入力する"), "costs", rank="text"))
    if may_publish:
        href = url_for("publication.index", cycle=page.cycle_id)
        found.append(Button(_("公表の画面へ"), href, "text", icon_after="arrow-right"))
    return found


def _one_solid(buttons: list[Button]) -> tuple[Button, ...]:
    """The first solid button stays; it stands first, as the main action does."""
    solid = next((button for button in buttons if button.rank == "solid"), None)
    if solid is None:
        return tuple(buttons)
    others = [
        replace(button, rank="outline") if button.rank == "solid" else button
        for button in buttons
        if button is not solid
    ]
    return (solid, *others)
