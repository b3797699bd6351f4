"""Who is who in the sample city (sample/people.toml), by their sign-in names."""

from __future__ import annotations

from collections.abc import Mapping

SHEETS = ("611", "612", "621", "631", "632")
#: Of 612, 621 and 631 the responsible department is the bureau that approves.
BUREAUS_OWN = ("612", "621", "631")

DRAFTERS: Mapping[str, str] = {
    "611": "sato.ichiro",
    "612": "kondo.ayumi",
    "621": "hara.yuka",
    "631": "uchida.mio",
    "632": "arai.kenta",
}
#: Somebody else in the lead section, who drafts as well.
COLLEAGUES: Mapping[str, str] = {
    "611": "yamada.hanako",
    "612": "matsui.akira",
    "621": "murakami.sho",
    "631": "fujii.naoki",
    "632": "miyake.yoshiko",
}
REVIEWERS: Mapping[str, str] = {
    "611": "takahashi.noriko",
    "612": "okamoto.sachiko",
    "621": "okamoto.sachiko",
    "631": "okamoto.sachiko",
    "632": "ogawa.tetsuo",
}
#: 総合政策部長: the last approval.
APPROVER = "morita.kenji"
PUBLISHER, OTHER_PUBLISHER = "sakai.megumi", "honda.takuya"
ADMINISTRATOR = "hasegawa.ryo"
#: Two posts: 経営企画課長 (primary, leads 631) and 政策室長.
TWO_POSTS = "fujii.naoki"
#: Project 612023 of measure 612 is carried by another section than the one that leads the sheet.
OTHER_SECTION = "nakano.rie"
