"""Sealing what somebody wrote: AES-256-GCM under a key that is drawn from two secrets.

The key comes from the installation's signing key and from a token that only an address holds
(HKDF, RFC 5869), so neither the database nor the machine's settings open a seal by themselves.
What the seal belongs to is authenticated with it (NIST SP 800-38D).
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PURPOSE = b"hyoka unsent form"


def _cipher(signing_key: str, token: str) -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=token.encode(), info=_PURPOSE)
    return AESGCM(derived.derive(signing_key.encode()))


def seal(text: str, *, signing_key: str, token: str, belongs_to: str) -> bytes:
    """*text* sealed; a random nonce, then the ciphertext with its tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(signing_key, token).encrypt(nonce, text.encode(), belongs_to.encode())


def unseal(sealed: bytes, *, signing_key: str, token: str, belongs_to: str) -> str | None:
    """What was sealed; None where a key, the token, the owner or a single bit is another."""
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return _cipher(signing_key, token).decrypt(nonce, rest, belongs_to.encode()).decode()
    except InvalidTag:
        return None
