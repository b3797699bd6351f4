"""Which sentences of the web have no translation yet: extracted from the sources, held against .po.

The command line lists them; ``hyoka translations`` needs no other tool. The catalogues are brought
up to date with Babel's own commands, see docs/translations.md.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.language import CATALOGUES

ROOT = Path(__file__).parent

#: As in babel.cfg, with paths relative to this package.
_METHODS = [("views/**.py", "python"), ("*.py", "python"), ("templates/**.html", "jinja2")]
#: Pages of the design system alone, shown to nobody.
_LEFT_OUT = "templates/mock/"


def messages() -> list[str]:
    """Every sentence that the web can say, each once, in the order of the sources.

    Japanese is the language of the sources, so this is also the complete Japanese catalogue.
    """
    found: dict[str, None] = {}
    for name, _line, message, _comments, _context in extract_from_dir(ROOT, _METHODS):
        if name.replace("\\", "/").startswith(_LEFT_OUT):
            continue
        for part in message if isinstance(message, tuple) else (message,):
            if part:
                found[part] = None
    return list(found)


def gaps(locale: str) -> list[str]:
    """Sentences without a translation into *locale*, those marked fuzzy included; none for ``ja``.

    Raises:
        FileNotFoundError: there is no catalogue of that language.
    """
    if locale == "ja":
        return []
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    translated = {entry.id for entry in catalogue if entry.id and entry.string and not entry.fuzzy}
    return [message for message in messages() if message not in translated]
