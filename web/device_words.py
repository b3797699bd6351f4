"""Which browser on which machine, from what it says of itself; for people to know theirs again."""

from __future__ import annotations

from web.language import gettext as _

#: In this order: most browsers name those before them as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device(client: str) -> str:
    """Such as ``Edge（Windows）``; what it says itself where nothing of it is known."""
    browser = next((name for part, name in _BROWSERS if part in client), "")
    system = next((name for part, name in _SYSTEMS if part in client), "")
    if browser and system:
        return _("%(browser)s（%(system)s）", browser=browser, system=system)
    return browser or system or client[:60] or _("不明")
