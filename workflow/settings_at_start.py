"""The environment as a program finds it when it starts: settings, or all that is wrong with them.

What pydantic says of one field is said here in words; beside it stand the faults that no field has:
names that are no settings (typing mistakes), and flags for debugging.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflow.errors import BadInput, Fault
from workflow.messages import MESSAGES, say_error
from workflow.settings import Settings

PREFIX = "HYOKA_"
#: The status with which a program ends whose settings are wrong.
WRONG_SETTINGS = 2

#: Names with the prefix that are read elsewhere, each by one module of its own.
OTHERS = frozenset(
    {
        "HYOKA_HOME",
        "HYOKA_SHARE",
        "HYOKA_SUPERUSER_DATABASE_URL",
        "HYOKA_OWNER_PASSWORD",
        "HYOKA_APP_PASSWORD",
        "HYOKA_READER_PASSWORD",
        # Of docker compose alone: on the way to .env people export them.
        "HYOKA_BIND",
        "HYOKA_PORT",
        "HYOKA_REDIS_PASSWORD",
    }
)
#: Names for the project's own tests.
FOR_TESTS = ("HYOKA_TEST_", "HYOKA_FAULTS_")
#: Flags that open a debugger or show tracebacks to readers.
DEBUG_FLAGS = ("FLASK_DEBUG", "FLASK_ENV")
_OFF = ("", "0", "false", "no", "off", "production")

#: pydantic's own kinds of faults → the sentence, and which of its values it needs.
_KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "missing": ("setting_missing", {}),
    "int_parsing": ("setting_not_a_number", {}),
    "int_from_float": ("setting_not_a_number", {}),
    "int_parsing_size": ("setting_not_a_number", {}),
    "float_parsing": ("setting_not_a_number", {}),
    "finite_number": ("setting_not_a_number", {}),
    "greater_than_equal": ("setting_too_small", {"least": "ge"}),
    "greater_than": ("setting_not_above", {"least": "gt"}),
    "less_than_equal": ("setting_too_large", {"most": "le"}),
    "bool_parsing": ("setting_not_yes_or_no", {}),
    "literal_error": ("setting_not_a_choice", {"choices": "expected"}),
    "time_parsing": ("setting_not_a_time", {}),
}


def read(**known: Any) -> Settings:
    """The settings of this process.

    Args:
        known: what stands already and hides the environment, by the names of the fields.

    Raises:
        BadInput: ``settings_refused``; one fault for each name that is wrong, all at once.
    """
    faults = [*_strangers(os.environ), *_debug_flags(os.environ)]
    try:
        settings = Settings(**known)
    except ValidationError as error:
        faults += [_in_words(item) for item in error.errors(include_input=False)]
    if faults:
        raise BadInput("settings_refused", tuple(faults))
    return settings


def read_or_end() -> Settings:
    """The settings, for processes that no command line of ours starts (web, worker, beat).

    Raises:
        SystemExit: with status 2, after each fault was written to standard error.
    """
    try:
        return read()
    except BadInput as error:
        lines = [say_error(error, locale="en")]
        lines += [f"{f.path}: {say_error(f, locale='en')} [{f.code}]" for f in error.faults]
        sys.stderr.write("\n".join(lines) + "\n")
        sys.exit(WRONG_SETTINGS)


def _names() -> list[str]:
    return sorted(PREFIX + name.upper() for name in Settings.model_fields)


def _strangers(environment: Mapping[str, str]) -> Iterator[Fault]:
    known = {*_names(), *OTHERS}
    for name in sorted(environment):
        shown = name.upper()
        if shown.startswith(PREFIX) and shown not in known and not shown.startswith(FOR_TESTS):
            near = get_close_matches(shown, known, n=1)
            hint = f"→ {near[0]}" if near else "→ workflow/settings.py"
            yield Fault(name, "setting_unknown", {"hint": hint})


def _debug_flags(environment: Mapping[str, str]) -> Iterator[Fault]:
    for name in DEBUG_FLAGS:
        if environment.get(name, "").casefold() not in _OFF:
            yield Fault(name, "setting_debug", {})


def _in_words(item: ErrorDetails) -> Fault:
    name = PREFIX + "_".join(str(part) for part in item["loc"][:1]).upper()
    given: dict[str, Any] = item.get("ctx") or {}
    code, values = _KINDS.get(item["type"], (item["type"], {key: key for key in given}))
    if code not in MESSAGES:
        return Fault(name, "setting_invalid", {"reason": item["msg"]})
    return Fault(name, code, {key: given[source] for key, source in values.items()})
