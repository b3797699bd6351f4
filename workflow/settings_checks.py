"""Whether the value of a setting can be meant: pure functions that pydantic calls.

Each returns the value as it is kept, or raises ``PydanticCustomError`` with the code of a sentence
(``workflow.sentences.settings``).
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

from workflow.sentences.settings import SETTINGS

Network = IPv4Network | IPv6Network

#: A shorter key could be guessed; 32 bytes is what Flask's documentation asks for.
SHORTEST_SECRET = 32
#: 32 random hexadecimal digits have fewer than this many different ones once in 10⁵ keys.
_FEWEST_CHARACTERS = 8
#: Words of examples: what is left of a key without them must be long enough by itself.
_PLACEHOLDERS = re.compile(
    r"change[-_ ]?(me|this|it)|replace[-_ ]?(me|this)|secret[-_ ]?key|password|example|placeholder"
    r"|default|insecure|django|flask|hyoka|development|dev[-_ ]?key|todo|xxx+",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
#: Last labels of names that no name server knows (RFC 6761).
_NOWHERE = ("localhost", "localdomain", "invalid")


def fault(code: str, **values: Any) -> PydanticCustomError:
    """The error that pydantic collects; ``workflow.settings_at_start`` says it in words."""
    return PydanticCustomError(code, SETTINGS[code][1], values or None)


def strong_key(key: str) -> str:
    """A signing key that nobody guesses.

    Raises:
        PydanticCustomError: too short; or repeated, in order, or a placeholder.
    """
    if len(key.encode()) < SHORTEST_SECRET:
        raise fault("setting_key_short", shortest=SHORTEST_SECRET)
    left = _PLACEHOLDERS.sub("", key)
    steps = [ord(after) - ord(before) for before, after in pairwise(key)]
    in_order = sum(step in (-1, 0, 1) for step in steps)
    if (
        len(set(key)) < _FEWEST_CHARACTERS
        or len(left.encode()) < SHORTEST_SECRET // 2
        or in_order * 2 > len(steps)
        or _repeats(key)
    ):
        raise fault("setting_key_weak")
    return key


def _repeats(key: str) -> bool:
    """Whether a key begins with a block that goes on for the whole of it."""
    return any(
        all(key[at] == key[at % width] for at in range(width, len(key)))
        for width in range(1, len(key) // 2 + 1)
    )


def key_in_file(path: Path) -> str:
    """The key that a file holds.

    Raises:
        PydanticCustomError: it cannot be read.
    """
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise fault("setting_file_unreadable", reason=f"{path}: {reason}") from error


def split_url(url: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address with one of *schemes*.

    Raises:
        PydanticCustomError: another scheme or none, white space, a port that is none.
    """
    scheme = url.partition("://")[0]
    if "://" not in url or scheme.casefold() not in schemes:
        raise fault("setting_url_scheme", schemes=", ".join(f"{name}://" for name in schemes))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise fault("setting_url_broken") from error
    if port == 0 or any(character.isspace() or not character.isprintable() for character in url):
        raise fault("setting_url_broken")
    return parts


def public_address(url: str) -> str:
    """Where people reach the pages: scheme, host and port alone.

    Raises:
        PydanticCustomError: it is no such address.
    """
    parts = split_url(url, ("https", "http"))
    if not parts.hostname or not is_host(parts.hostname):
        raise fault("setting_url_broken")
    if parts.path not in ("", "/") or "?" in url or "#" in url or "@" in parts.netloc:
        raise fault("setting_url_extra")
    return url


def is_host(host: str) -> bool:
    """Whether a text is a host name (letters, digits, hyphens, points) or an address."""
    if is_address(host):
        return True
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def is_address(host: str) -> bool:
    """Whether a host is given by its address."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_own_machine(host: str) -> bool:
    """Whether a host is this very machine, whoever asks."""
    if is_address(host):
        return ip_address(host.strip("[]")).is_loopback
    return host.casefold().removesuffix(".").split(".")[-1] == "localhost"


def is_of_a_city(host: str) -> bool:
    """Whether a host can be found by the readers' machines under this name."""
    labels = host.casefold().removesuffix(".").split(".")
    return not is_address(host) and len(labels) > 1 and labels[-1] not in _NOWHERE


def listener(text: str) -> str:
    """``address:port``, of which gunicorn makes a socket.

    Raises:
        PydanticCustomError: it is none.
    """
    host, _, port = text.rpartition(":")
    if not (is_host(host) and port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise fault("setting_not_a_listener")
    if is_address(host) and ":" in host and not host.startswith("["):
        raise fault("setting_not_a_listener")
    return text


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks of proxies.

    Raises:
        PydanticCustomError: one is none, or would be everybody.
    """
    found: list[Network] = []
    for text in texts:
        try:
            network = ip_network(text, strict=False)
        except ValueError as error:
            raise fault("setting_not_a_network", text=text) from error
        if network.prefixlen == 0:
            raise fault("setting_trusts_everybody", text=text)
        found.append(network)
    return tuple(found)


def bare_mail_address(text: str) -> str:
    """A bare address: the name before it is the municipality's, from the database.

    Raises:
        PydanticCustomError: it is none.
    """
    try:
        Address(addr_spec=text)
    except (ValueError, MessageError) as error:
        raise fault("setting_mail_address", text=text, reason=str(error)) from error
    return text
