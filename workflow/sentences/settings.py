"""What is wrong with a setting of the installation; its name stands before the sentence."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (Japanese, English)
SETTINGS: Mapping[str, tuple[str, str]] = {
    "settings_refused": (
        "設定に誤りがあるため、起動しません。",
        "The settings have faults, so nothing was started.",
    ),
    "setting_unknown": (
        "このような設定はありません。{hint}",
        "There is no such setting. {hint}",
    ),
    "setting_missing": ("設定してください。", "Set it."),
    "setting_not_a_number": (
        "数で指定してください。",
        "Give a number.",
    ),
    "setting_too_small": ("{least}以上にしてください。", "Use {least} or more."),
    "setting_not_above": ("{least}より大きくしてください。", "Use more than {least}."),
    "setting_too_large": ("{most}以下にしてください。", "Use {most} or less."),
    "setting_not_yes_or_no": ("true か false にしてください。", "Use true or false."),
    "setting_not_a_choice": ("{choices} のいずれかにしてください。", "Use one of {choices}."),
    "setting_not_a_time": (
        "8:45 のような時刻にしてください（時差は付けません）。",
        "Give a time such as 08:45, without a zone.",
    ),
    "setting_invalid": (
        "この値は使えません（{reason}）。",
        "This value cannot be used ({reason}).",
    ),
    "setting_url_scheme": (
        "{schemes} のいずれかで始めてください。",
        "Begin with one of {schemes}.",
    ),
    "setting_url_broken": (
        "住所として読めません。https://hyoka.city.example.jp のように、空白なしで書いてください。",
        "This is no address. Give one such as https://hyoka.city.example.jp, without spaces.",
    ),
    "setting_url_extra": (
        "ホスト名とポートのあとに、パス・?・#・利用者名を付けないでください。",
        "Nothing may follow host and port: no path, no query, no fragment, and no user name.",
    ),
    "setting_local_host": (
        "{host} は自分の機械を指すか、利用者の機械からは見付かりません。"
        "利用者が使うホスト名（hyoka.city.example.jp など）にしてください。",
        "{host} means one's own machine, or nothing on the readers' machines. "
        "Give the host name that people use, such as hyoka.city.example.jp.",
    ),
    "setting_not_a_host": (
        "{host} はホスト名ではありません。スキームやパス、空白を付けずに指定してください。",
        "{host} is no host name. Give it without scheme, path or spaces.",
    ),
    "setting_not_a_network": (
        "{text} は住所・ネットワークではありません（10.0.0.5 や 10.0.0.0/24 のように指定）。",
        "{text} is neither an address nor a network, such as 10.0.0.5 or 10.0.0.0/24.",
    ),
    "setting_trusts_everybody": (
        "{text} では、だれでも住所を名乗れます。前に置くプロキシの住所だけにしてください。",
        "{text} lets anybody claim any address. Name the proxies in front alone.",
    ),
    "setting_not_a_listener": (
        "127.0.0.1:8000 のように、住所とポートを指定してください。",
        "Give an address and a port, such as 127.0.0.1:8000.",
    ),
    "setting_key_short": (
        "{shortest}バイト以上にしてください（例: openssl rand -hex 32）。",
        "The secret key must have at least {shortest} bytes (openssl rand -hex 32 makes one).",
    ),
    "setting_key_weak": (
        "推測できる鍵です（同じ文字や語の繰返し、並び、見本のまま）。"
        "openssl rand -hex 32 で作ってください。",
        "This key can be guessed: characters or words repeat or follow each other, or it is a "
        "placeholder. Make one by: openssl rand -hex 32.",
    ),
    "setting_file_unreadable": (
        "ファイルを読めません（{reason}）。",
        "The file cannot be read ({reason}).",
    ),
    "setting_failpoints": (
        "障害実験のための設定です。TLS で使う環境では使えません。",
        "These failpoints are for experiments; this installation is reached by TLS.",
    ),
    "setting_debug": (
        "デバッグの設定です。外してください。",
        "This is a debug flag. Remove it.",
    ),
    "setting_mail_address": (
        "{text} は name@host の形のメールアドレスではありません（{reason}）。",
        "{text} is not a bare address like name@host: {reason}",
    ),
    "setting_needs_other": (
        "{other} と合わせて設定してください。",
        "Set it together with {other}.",
    ),
}
