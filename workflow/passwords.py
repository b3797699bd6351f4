"""Password hashes: argon2id through argon2-cffi, and what a password must be.

Parameters: the OWASP password storage cheat sheet's floor (19 MiB, two passes, one lane). Length
decides, no composition rules (ASVS 5.0, 6.2.1 and 6.2.5); the commonest are refused.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Verified for names that do not exist, so that the time an answer takes says nothing.
_DUMMY = _hasher.hash("a password that nobody has")

#: Parts that make a long password guessable in an office.
_COMMON = ("password", "qwerty", "123456", "111111", "abcdef", "hyoka", "hyouka", "iloveyou")


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether *password* is the one; the same work is done where there is no hash."""
    try:
        matches = _hasher.verify(password_hash or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


def weakness(password: str, *, sign_in_name: str) -> str | None:
    """Why *password* may not be used (a code), or None."""
    if len(password) < SHORTEST:
        return "password_too_short"
    if len(password) > LONGEST:
        return "password_too_long"
    folded = password.casefold()
    stripped = folded
    for part in (*_COMMON, sign_in_name.casefold()):
        stripped = stripped.replace(part, "")
    # What is left beside the guessable parts must still be a password of some length.
    if len(stripped) < SHORTEST // 2 or len(set(folded)) < 5:
        return "password_too_common"
    return None
