"""What ``hyoka up`` says, in Japanese or, where the locale is another one, in English."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESET_COMMAND = ".venv/bin/hyoka user reset-password NAME"


@dataclass(frozen=True)
class Announcement:
    """All sentences of one language."""

    starting_servers: str
    preparing_database: str
    loading_sample: str
    ending: str
    ended: str
    is_ready: str
    port_taken: str
    address: str
    mails: str
    mails_note: str
    logs: str
    user: str
    role: str
    one_time_password: str
    passwords_change: str
    passwords_stay: str
    no_new_users: str
    how_to_end: str
    left_behind: str

    def ready(
        self,
        *,
        address: str,
        wanted_port: int,
        port: int,
        users: Sequence[tuple[str, str, str]],
        keep_passwords: bool,
        mails: Path,
        logs: Path,
    ) -> str:
        """The text that is shown when everything runs.

        Args:
            address: where the web answers.
            wanted_port: the port that was asked for.
            port: the port that was free.
            users: sign-in name, role and one-time password of each new sample user.
            keep_passwords: whether the one-time passwords may stay.
            mails: the folder of the mails.
            logs: the folder of the logs.
        """
        places = [(self.address, address), (self.mails, str(mails)), (self.logs, str(logs))]
        lines = ["", self.is_ready, ""]
        if port != wanted_port:
            lines += ["  " + self.port_taken.format(wanted=wanted_port, port=port), ""]
        lines += table(places)
        lines += ["", "  " + self.mails_note, ""]
        lines += [self.sign_in(users, keep_passwords=keep_passwords), "", self.how_to_end]
        return "\n".join(lines)

    def sign_in(self, users: Sequence[tuple[str, str, str]], *, keep_passwords: bool) -> str:
        """The new sample users, if any, and what to do about a forgotten password."""
        if not users:
            return f"  {self.no_new_users}\n    {RESET_COMMAND}"
        lines = table([(self.user, self.role, self.one_time_password), *users])
        lines += ["", "  " + (self.passwords_stay if keep_passwords else self.passwords_change)]
        return "\n".join([*lines, "    " + RESET_COMMAND])


JAPANESE = Announcement(
    starting_servers="データベース（PostgreSQL）とRedisを起動しています…",
    preparing_database="データベースを準備しています…",
    loading_sample="サンプル市のデータを確認しています…",
    ending="終了しています…",
    ended="すべて終了しました。",
    is_ready="準備ができました。",
    port_taken="ポート{wanted}は使用中のため、{port}を使います。",
    address="アドレス",
    mails="メール",
    mails_note="メールは外部に送られず、開庁日の8:45から .eml ファイルで上のフォルダに入ります。",
    logs="ログ",
    user="利用者名",
    role="役割",
    one_time_password="初回パスワード",  # noqa: S106 - a heading
    passwords_change="初回のサインインでパスワードを変更します。忘れたときは次のコマンドで再設定します。",
    passwords_stay="このパスワードは変更せずに使えます。忘れたときは次のコマンドで再設定します。",
    no_new_users="前回のデータを使っています。パスワードを忘れたときは次のコマンドで再設定します。",
    how_to_end="終了するには Ctrl-C を押してください。",
    left_behind="前回強制終了されたときに残っていたプロセス{count}個を終了しました。",
)

ENGLISH = Announcement(
    starting_servers="Starting the database (PostgreSQL) and Redis …",
    preparing_database="Preparing the database …",
    loading_sample="Looking after the sample city …",
    ending="Ending …",
    ended="Everything has ended.",
    is_ready="Ready.",
    port_taken="Port {wanted} is taken, so {port} is used.",
    address="Address",
    mails="Mail",
    mails_note="No mail leaves this machine; on open days from 8:45 (Japan time) each one becomes"
    " an .eml file in that folder.",
    logs="Logs",
    user="User",
    role="Role",
    one_time_password="One-time password",  # noqa: S106 - a heading
    passwords_change="The password is changed at the first sign-in. To set a forgotten one anew:",
    passwords_stay="These passwords may stay. To set a forgotten one anew:",
    no_new_users="The data of the last time are used. To set a forgotten password anew:",
    how_to_end="Press Ctrl-C to end.",
    left_behind="Ended what a run that was killed had left behind (processes: {count}).",
)


def words_for(environment: Mapping[str, str]) -> Announcement:
    """Japanese where the locale is ``ja`` (LC_ALL, LC_MESSAGES, LANG, in this order)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return JAPANESE if environment[name].startswith("ja") else ENGLISH
    return ENGLISH


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns, two spaces in front; full-width characters count double."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return ["  " + "   ".join(map(_padded, row, widths)).rstrip() for row in rows]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "FW" else 1 for letter in text)
