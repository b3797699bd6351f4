"""Words of the mails: from notices to subject, text and HTML. Pure.

Form (ui.md, domain 4.8): subject first, the point at once, a list, one link per item, polite,
left-aligned, no layout by spaces. The HTML part says the same and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from workflow.calendar.era import japanese_date
from workflow.mail.changed_content import ContentChange
from workflow.models.authority import ReviewCause
from workflow.models.delivery import NoticeKind


@dataclass(frozen=True)
class NoticeView:
    """One notice as the mail needs it.

    Attributes:
        sheet: code and name of the measure.
        stage: label of the stage where the sheet is.
        due_on: last day of that stage, if it has one.
        days_left: calendar days until then; negative when it is over.
        remark: the reason of a return; the words of a question or an answer.
        actor: who did it, with the post; empty for the engine.
        instead_of: the absent person, with the post, for whom the recipient stands in.
        cause: why something is read afterwards (``ReviewCause``).
        change: of the content, which made approvals void and brought the sheet here.
    """

    kind: NoticeKind
    sheet: str
    stage: str
    due_on: date | None
    days_left: int | None
    remark: str
    actor: str
    link: str
    instead_of: str = ""
    cause: str = ""
    change: ContentChange | None = None


@dataclass(frozen=True)
class MailDraft:
    """A mail in words."""

    subject: str
    text: str
    html: str


#: For each kind: heading in the mail, and what the subject says of *count* sheets.
_WORDS: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.CAME_BACK: ("差し戻されたシート", "評価シート{count}件が差し戻されました"),
    NoticeKind.YOUR_TURN: ("ご担当の番になったシート", "評価シート{count}件のご確認について"),
    NoticeKind.NOBODY_LEFT: (
        "処理できる職員がいないシート",
        "評価シート{count}件を処理できる職員がいません",
    ),
    NoticeKind.CONSULTED: ("相談されたシート", "評価シート{count}件についてご相談があります"),
    NoticeKind.CONSULTATION_ANSWERED: (
        "相談に回答があったシート",
        "評価シート{count}件の相談に回答がありました",
    ),
    NoticeKind.EXTENSION_ASKED: (
        "期限の延長の申出があったシート",
        "評価シート{count}件の期限延長の申出について",
    ),
    NoticeKind.EXTENSION_GRANTED: (
        "期限の延長を認めたシート",
        "評価シート{count}件の期限を延長しました",
    ),
    NoticeKind.EXTENSION_REFUSED: (
        "期限を延長できないシート",
        "評価シート{count}件の期限は延長できません",
    ),
    NoticeKind.NUDGE: ("ご対応をお願いするシート", "評価シート{count}件のご対応のお願い"),
    NoticeKind.ENDED: (
        "却下または廃案となったシート",
        "評価シート{count}件が却下または廃案となりました",
    ),
    NoticeKind.HAND_OVER: (
        "引継ぎをお願いするシート",
        "異動の前に評価シート{count}件の引継ぎをお願いします",
    ),
    NoticeKind.PUBLISHED: ("公表されたシート", "評価シート{count}件が公表されました"),
    NoticeKind.OVERDUE: ("期限を過ぎているシート", "評価シート{count}件の期限が過ぎています"),
    NoticeKind.REMINDER: ("期限が近いシート", "評価シート{count}件のご提出について"),
    NoticeKind.POST_REVIEW: (
        "後閲をお願いするシート",
        "評価シート{count}件の後閲（事後の確認）について",
    ),
    NoticeKind.ESCALATION: (
        "期限を過ぎて止まっているシート",
        "評価シート{count}件の処理が期限を過ぎています",
    ),
}
#: What the last day of a stage says nothing about.
_WITHOUT_DATE = frozenset(
    {
        NoticeKind.PUBLISHED,
        NoticeKind.NOBODY_LEFT,
        NoticeKind.ENDED,
        NoticeKind.CONSULTED,
        NoticeKind.CONSULTATION_ANSWERED,
        NoticeKind.POST_REVIEW,
    }
)
#: What has no last day any more, also not in the list.
_NO_DATE_AT_ALL = frozenset({NoticeKind.PUBLISHED, NoticeKind.ENDED, NoticeKind.POST_REVIEW})
#: What somebody's words are, that come with a notice; a reason where nothing is said here.
_REMARKS = {
    NoticeKind.CONSULTED: "相談",
    NoticeKind.CONSULTATION_ANSWERED: "回答",
    NoticeKind.ESCALATION: "いまの担当",
    NoticeKind.EXTENSION_ASKED: "申出",
    NoticeKind.EXTENSION_GRANTED: "期限",
    NoticeKind.NUDGE: "伝言",
}
#: What somebody is to a notice who is named with it; nobody is named with the other kinds.
_ACTORS = {
    NoticeKind.CAME_BACK: "前の処理",
    NoticeKind.YOUR_TURN: "前の処理",
    NoticeKind.CONSULTED: "相談した人",
    NoticeKind.CONSULTATION_ANSWERED: "回答した人",
    NoticeKind.ENDED: "処理した人",
    NoticeKind.NUDGE: "お願いした人",
    NoticeKind.POST_REVIEW: "処理した人",
}
#: Why something is read afterwards, in words.
_CAUSES = {
    ReviewCause.ABSENCE: "ご不在のため、この段階の処理を経ずに進みました（後閲）",
    ReviewCause.SUBSTITUTE: "ご不在の間に、代理の職員が処理しました（代決・代理）",
    ReviewCause.PULL_UP: "上位の職員が引き上げて処理しました（引上げ）",
}
#: What is most pressing comes first and names the mail.
_ORDER = tuple(_WORDS)

CLOSING = (
    "行き違いの場合はご容赦ください。",
    "このメールは自動で送信しています。ご不明な点は政策担当までお問い合わせください。",
)


def write(name: str, notices: Sequence[NoticeView], *, municipality: str, desk: str) -> MailDraft:
    """The mail that gathers *notices* for the person called *name*.

    Args:
        desk: link to the person's desk.
    """
    groups = [
        (kind, [notice for notice in notices if notice.kind is kind])
        for kind in _ORDER
        if any(notice.kind is kind for notice in notices)
    ]
    text = [f"{name} 様", "", f"{municipality} 行政評価からのお知らせです。", ""]
    parts = [
        f"<p>{escape(name)} 様</p>",
        f"<p>{escape(municipality)} 行政評価からのお知らせです。</p>",
    ]
    for kind, group in groups:
        heading = f"{_WORDS[kind][0]}（{len(group)}件）"
        text.append(f"■ {heading}")
        parts.append(f"<h2>{escape(heading)}</h2><ul>")
        for notice in group:
            text += [
                f"・{notice.sheet}",
                *(f"　{line}" for line in _details(notice)),
                f"　{notice.link}",
            ]
            lines = "<br>".join(escape(line) for line in _details(notice))
            link = escape(notice.link, quote=True)
            parts.append(f'<li><a href="{link}">{escape(notice.sheet)}</a><br>{lines}</li>')
        text.append("")
        parts.append("</ul>")
    text += ["私の仕事（一覧）", desk, "", *CLOSING, ""]
    parts.append(f'<p><a href="{escape(desk, quote=True)}">私の仕事（一覧）</a></p>')
    parts += [f"<p>{escape(line)}</p>" for line in CLOSING]
    return MailDraft(
        subject=_subject(groups[0][0], groups[0][1], len(notices)),
        text="\n".join(text),
        html='<!DOCTYPE html>\n<html lang="ja"><body>\n' + "\n".join(parts) + "\n</body></html>\n",
    )


def _subject(kind: NoticeKind, group: Sequence[NoticeView], total: int) -> str:
    sentence = _WORDS[kind][1].format(count=len(group))
    if total > len(group):
        sentence += f"（ほか{total - len(group)}件）"
    days = [n.due_on for n in group if n.due_on is not None]
    if kind in _WITHOUT_DATE or not days:
        return f"【行政評価】{sentence}"
    first = min(days)
    return f"【期限 {first.month}/{first.day}】{sentence}"


def _details(notice: NoticeView) -> list[str]:
    lines = [] if notice.kind is NoticeKind.PUBLISHED else [f"段階: {notice.stage}"]
    if notice.instead_of:
        lines.insert(0, f"{notice.instead_of}の代理として、ご確認をお願いします。")
    if notice.cause:
        lines.append(f"事由: {_CAUSES[ReviewCause(notice.cause)]}")
    if notice.change is not None:
        lines += _change(notice.change)
    if notice.due_on is not None and notice.kind not in _NO_DATE_AT_ALL:
        lines.append(f"期限: {japanese_date(notice.due_on)}（{_left(notice.days_left or 0)}）")
    if notice.actor and notice.kind in _ACTORS:
        lines.append(f"{_ACTORS[notice.kind]}: {notice.actor}")
    if notice.remark:
        label = _REMARKS.get(notice.kind, "理由")
        lines.append(f"{label}: {' '.join(notice.remark.split())}")
    return lines


def _change(change: ContentChange) -> list[str]:
    by = f"ファイル「{change.source}」の取込み" if change.source else "取込み"
    what = "内容が変わったため、承認が無効になりました" if change.voided else "内容が変わりました"
    return [f"{what}（{by}、{change.who}）", *(f"変更: {line}" for line in change.lines)]


def _left(days: int) -> str:
    if days > 0:
        return f"あと{days}日"
    return "本日" if days == 0 else f"{-days}日超過"


def compose(
    draft: MailDraft,
    *,
    sender: str,
    municipality: str,
    recipient: str,
    name: str,
    message_id: str,
    date_sent: datetime,
) -> EmailMessage:
    """The message as it goes to the server.

    Headers go through ``EmailMessage``, which refuses line breaks in them.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = draft.subject
    message["From"] = Address(f"{municipality} 行政評価", addr_spec=sender)
    message["To"] = Address(name, addr_spec=recipient)
    message["Date"] = date_sent
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(draft.text)
    message.add_alternative(draft.html, subtype="html")
    return message
