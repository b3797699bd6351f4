"""Words of the mails about accounts and rights, in both languages. Pure.

Such a mail is rare and must be understood by whoever gets it: Japanese first, then English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from workflow.mail.message import MailDraft
from workflow.models.installation import OfficeAct

#: Stands in the stored text where the link comes when the mail is sent: the database never has it.
LINK_PLACE = "{password-link}"

#: What each act comes to, of the person called {name}.
_WORDS: dict[OfficeAct, tuple[str, str]] = {
    OfficeAct.PASSWORD_LINK: (
        "{name}さんの新しいパスワードを決めるためのリンクを、本人のメールに送りました。",
        "A link for a new password was sent to {name}'s own address.",
    ),
    OfficeAct.PASSWORD_ASKED: (
        "{name}さんの一時パスワードの発行を申請しました。ほかのシステム管理者の確認を待っています。",
        "A one-time password for {name} was asked for; another administrator has to confirm it.",
    ),
    OfficeAct.PASSWORD_CONFIRMED: (
        "{name}さんの一時パスワードの発行を確認しました。前半と後半を2人が別々に本人に伝えます。",
        "The one-time password for {name} was confirmed; two people hand over one half each.",
    ),
    OfficeAct.PASSWORD_PRINTED: (
        "{name}さんの一時パスワードを、サーバーのコマンドで発行しました。",
        "A one-time password for {name} was printed by the command line of the server.",
    ),
    OfficeAct.PASSWORD_SET: (
        "{name}さんの新しいパスワードが、リンクから設定されました。",
        "{name}'s new password was set by the link.",
    ),
    OfficeAct.SESSION_ENDED: (
        "{name}さんのログインを終わらせました。",
        "A session of {name} was ended.",
    ),
    OfficeAct.ACCOUNT_MADE: (
        "{name}さんのアカウントを作りました。",
        "An account was made for {name}.",
    ),
    OfficeAct.ACCOUNT_STOPPED: (
        "{name}さんのアカウントを停止しました。",
        "The account of {name} was stopped.",
    ),
    OfficeAct.ACCOUNT_RESUMED: (
        "{name}さんのアカウントを再開しました。",
        "The account of {name} was resumed.",
    ),
    OfficeAct.ADDRESS_CHANGED: (
        "{name}さんのメールアドレスを変更しました。",
        "The mail address of {name} was changed.",
    ),
    OfficeAct.RIGHT_GRANTED: (
        "{name}さんに権限「{role_ja}」を与えました（{from}から）。",
        "{name} was granted the right “{role_en}” (from {from}).",
    ),
    OfficeAct.RIGHT_CHANGED: (
        "{name}さんの権限「{role_ja}」の期間を変更しました（{from}から{until}まで）。",
        "The days of {name}'s right “{role_en}” were changed ({from} to {until}).",
    ),
    OfficeAct.REORGANISATION_APPLIED: (
        "組織改編・異動を適用しました（{day}付け）。",
        "A reorganisation was applied (as of {day}).",
    ),
    OfficeAct.REORGANISATION_CALLED_OFF: (
        "組織改編・異動を取りやめました（{day}付け）。",
        "A reorganisation was called off (as of {day}).",
    ),
}
#: Rights in words.
_ROLES = {
    "publisher": ("公表担当", "publisher"),
    "administrator": ("システム管理者", "administrator"),
    "external_reviewer": ("外部評価委員", "external reviewer"),
}
_UNKNOWN = (
    "お心当たりのないときは、すぐにほかのシステム管理者にお知らせください。",
    "If you did not expect this, tell another administrator at once.",
)
_ABOVE_LINK = (
    "次のリンクから、新しいパスワードを決めてください。24時間以内に1回だけ使えます。",
    "Choose a new password by this link. It works once, within 24 hours.",
)


@dataclass(frozen=True)
class ActLine:
    """One act as its mail tells it.

    Attributes:
        name: whose account or right it is; empty where it is nobody's.
        details: as in the event.
    """

    kind: OfficeAct
    name: str
    details: Mapping[str, str]
    reason: str = ""


def write_account(
    name: str, acts: Sequence[ActLine], *, by: str, municipality: str, with_link: bool
) -> MailDraft:
    """The mail that tells the person called *name* of *acts*.

    Args:
        by: who did it, with the post.
        with_link: leave a place for the link to a new password.
    """
    lines = [f"{name} 様", "", f"{municipality} 行政評価のアカウントについてのお知らせです。", ""]
    for language in (0, 1):
        if with_link:
            lines += [_ABOVE_LINK[language], LINK_PLACE, ""]
        for act in acts:
            lines.append(("・", "- ")[language] + _sentence(act, language))
            if act.reason:
                lines.append(("　理由: ", "  Reason: ")[language] + " ".join(act.reason.split()))
        lines += [("処理した人: ", "Done by: ")[language] + by, _UNKNOWN[language], ""]
    text = "\n".join(lines)
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in lines if line)
    if with_link:
        # The link itself is text here: what is sent is put in place of it in both parts.
        paragraphs = paragraphs.replace(LINK_PLACE, f'<a href="{LINK_PLACE}">{LINK_PLACE}</a>')
    subject = "新しいパスワードの設定" if with_link else "アカウント・権限の変更のお知らせ"
    return MailDraft(
        subject=f"【行政評価】{subject}",
        text=text,
        html=f'<!DOCTYPE html>\n<html lang="ja"><body>\n{paragraphs}\n</body></html>\n',
    )


def _sentence(act: ActLine, language: int) -> str:
    role = _ROLES.get(act.details.get("role", ""), ("", ""))
    values = {"from": "", "day": ""} | dict(act.details)
    open_ended = ("期限なし", "open")[language]
    values |= {
        "name": act.name,
        "role_ja": role[0],
        "role_en": role[1],
        "until": act.details.get("until") or open_ended,
    }
    return _WORDS[act.kind][language].format_map(values)
