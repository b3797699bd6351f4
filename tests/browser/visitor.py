"""Somebody at the browser: signs in, goes places, and looks hard at every page.

Every page that is visited is held to: no axe-core finding at WCAG 2.2 A and AA at two widths, no
breach of the content security policy, no request to another origin, no sideways scrolling, one h1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (390, 1280)

#: Name a folder to keep a picture of every page that is looked at.
PICTURES = "HYOKA_TEST_PICTURES"


class Visitor:
    """One browser window, and what must hold of every page in it."""

    def __init__(self, context: BrowserContext, address: str, passwords: Mapping[str, str]) -> None:
        self.context = context
        self.address = address
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._passwords = dict(passwords)
        self._looked_at = 0
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        # The answer's status is asserted where it matters; the browser only repeats it here.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"asked {request.url}")

    def go(self, path: str) -> None:
        """Open a page of ours and look at it."""
        self.page.goto(self.address + path)
        self.look()

    def press(self, name: str | re.Pattern[str], *, role: Any = "button") -> None:
        """Press the button (or follow the link) with this name and look at what comes."""
        self.page.get_by_role(role, name=name).first.click()
        self.wait()
        self.look()

    def wait(self) -> None:
        """Wait for what a press leads to: a form first asks whether the line is there."""
        expect(self.page.locator("form[aria-busy]")).to_have_count(0)
        self.page.wait_for_load_state("load")

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the link with this name."""
        self.press(name, role="link")

    def sign_in(self, name: str) -> None:
        """Sign in; at the first time with the one-time password, which is then changed."""
        self.page.goto(f"{self.address}/sign-in")
        self.look()
        self.page.get_by_label("利用者名").fill(name)
        self.page.get_by_label("パスワード", exact=False).first.fill(self._passwords[name])
        self.press("ログイン")
        if "/account/password" in self.page.url:
            chosen = f"{name}-の長い合言葉"
            self.page.locator("input[name=current]").fill(self._passwords[name])
            self.page.locator("input[name=new]").fill(chosen)
            self.page.locator("input[name=again]").fill(chosen)
            self.page.get_by_role("button", name="パスワードを変更する").click()
            self.page.wait_for_url(re.compile("/desk"))
            self._passwords[name] = chosen
            self.look()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("私の仕事")

    def password_of(self, name: str) -> str:
        """What *name* signs in with now."""
        return self._passwords[name]

    def sign_out(self) -> None:
        """End the session from the menu at the top right."""
        self.page.locator(".header__person summary").click()
        self.page.get_by_role("button", name="ログアウト").click()
        self.wait()

    def look(self) -> None:
        """Hold the page to everything that must hold of every page."""
        # The address of a page that is on its way is there before the page.
        self.page.wait_for_load_state("load")
        self._looked_at += 1
        assert self.page.locator("h1").count() == 1, self.page.url
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            # Scrolled to its end: the sticky bar must not count as hiding what lies under it.
            self.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            wider = self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wider <= 0, f"{self.page.url} is {wider} px too wide at {width}"
            self._no_barrier(width)
            self.keep_picture(width)
        assert self.complaints == [], self.page.url

    def _no_barrier(self, width: int) -> None:
        # Through the debugger, which the page's own policy does not bind.
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
        )
        told = [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert told == [], f"{self.page.url} at {width} px:\n" + "\n".join(told)

    def keep_picture(self, width: int) -> None:
        """Keep a picture of the page as it is, where somebody wants pictures."""
        folder = os.environ.get(PICTURES)
        if folder:
            path = re.sub(r"[^a-z0-9]+", "-", self.page.url.removeprefix(self.address).lower())
            name = f"{self._looked_at:03d}{path}-{width}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)
