"""``hyoka mail``: what came back from the city's mail server, read from a shell."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from hyoka.shell import FOUND_SOMETHING, composed, locale, report, tells_errors
from workflow.errors import Fault
from workflow.mail.bounce import Finding, read_bounces
from workflow.messages import say_error
from workflow.policy import SYSTEM
from workflow.services import mail_addresses
from workflow.services.mail_addresses import Bounced, Outcome

#: What somebody should look at; the rest is settled.
_OPEN = frozenset({Outcome.OTHER_REASON, Outcome.NOT_OURS, Outcome.NO_REPORT, Outcome.UNREADABLE})
_WORDS = {
    Outcome.MARKED: "宛先を使えないものとしました",
    Outcome.MARKED_BEFORE: "すでに使えない宛先です",
    Outcome.OTHER_REASON: "届きませんでしたが、宛先の誤りではありません",
    Outcome.NO_FAILURE: "不達ではありません",
    Outcome.NOT_OURS: "この宛先に送ったメールではありません",
    Outcome.NO_REPORT: "配信状況の通知ではありません",
    Outcome.UNREADABLE: "読み取れませんでした",
}


@click.group("mail")
def mail_group() -> None:
    """Mails that the city's server sent back."""


@mail_group.command("bounced")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def bounced(files: tuple[str, ...], as_json: bool) -> None:
    """Read delivery reports (a mail or an mbox each; "-" or nothing: standard input).

    Addresses that do not exist are marked; everything else is told, marks nobody, and gives exit
    status 1: what cannot be read keeps nothing else from being read. A file without any mail
    changes nothing (status 2).
    """
    found: list[Finding] = []
    for file in files or ("-",):
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        found += read_bounces(data, name="-" if file == "-" else Path(file).name)
    with composed() as application, application.command(SYSTEM) as ctx:
        done = mail_addresses.take_bounces(ctx, found)
    still_open = [one for one in done if one.outcome in _OPEN]
    report(
        as_json,
        {
            "reports": [asdict(one) for one in done],
            "marked": sum(one.outcome is Outcome.MARKED for one in done),
            "open": len(still_open),
        },
        "\n".join(map(_line, done)),
    )
    sys.exit(FOUND_SOMETHING if still_open else 0)


def _line(one: Bounced) -> str:
    what = one.address or one.subject or "／".join(map(_fault, one.faults)) or "－"
    return "\t".join(part for part in (what, one.status, _WORDS[one.outcome]) if part)


def _fault(fault: Fault) -> str:
    return f"{fault.path}: {say_error(fault, locale=locale())}"
