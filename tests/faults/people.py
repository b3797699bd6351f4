"""People at their browsers: threads that act over HTTP, repeat, and remember every answer."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

HOST = "127.0.0.1"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in; the cookie serves any number of windows."""

    name: str
    cookie: str
    token: str


@dataclass(frozen=True)
class Form:
    """A form as its page brought it; sent again, it is still the same form."""

    who: str
    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The form's own key."""
        return dict(self.fields)["request_key"]


@dataclass(frozen=True)
class Answer:
    """What came of one post. Status 0: the line broke, nobody knows."""

    form: Form
    status: int
    location: str
    seconds: float


class Window:
    """One browser window: a connection that is made again when it breaks."""

    def __init__(self, ports: Sequence[int], timeout: float = 20) -> None:
        self._ports = list(ports)
        self._timeout = timeout
        self._line: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, *, session: Session | None = None, body: str | None = None
    ) -> tuple[int, dict[str, str], str]:
        """One request; status 0 when the line broke before there was a whole answer."""
        headers = {"Host": "localhost"}
        if session is not None:
            headers["Cookie"] = session.cookie
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection(HOST, self._ports[0], timeout=self._timeout)
            self._line.request(method, path, body=body, headers=headers)
            answer = self._line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.close()
            # As a load balancer does: the next try goes to the other one.
            self._ports.append(self._ports.pop(0))
            return 0, {}, ""
        found = {name.lower(): value for name, value in answer.getheaders()}
        # Of several cookies the session's comes first; the others are not needed here.
        cookies = answer.msg.get_all("Set-Cookie") or []
        return answer.status, found | {"set-cookie": (cookies or [""])[0]}, text

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def sign_in(self, name: str, password: str) -> Session:
        """Through the door, as a person does it."""
        status, headers, text = self.ask("GET", "/sign-in")
        assert status == 200, status
        door = Session(name, _cookie(headers), _token(text))
        fields = {"sign_in_name": name, "password": password, "csrf_token": door.token}
        status, headers, text = self.ask("POST", "/sign-in", session=door, body=urlencode(fields))
        assert status == 302, text
        cookie = _cookie(headers)
        inside = Session(name, cookie, "")
        status, headers, text = self.ask("GET", "/account/password", session=inside)
        assert status == 200, status
        return Session(name, _cookie(headers) or cookie, _token(text))

    def post(self, session: Session, form: Form) -> Answer:
        """Press the button once."""
        begun = time.monotonic()
        body = urlencode([*form.fields, ("csrf_token", session.token)])
        status, headers, _ = self.ask("POST", form.path, session=session, body=body)
        return Answer(form, status, headers.get("location", ""), time.monotonic() - begun)


def _cookie(headers: dict[str, str]) -> str:
    return headers.get("set-cookie", "").partition(";")[0]


def _token(text: str) -> str:
    found = _TOKEN.search(text)
    assert found is not None, "a page without a form"
    return found[1]


@dataclass
class History:
    """Every answer that anybody got, in the order in which they came."""

    answers: list[Answer] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: Answer) -> None:
        """Keep it."""
        with self._lock:
            self.answers.append(answer)

    def done(self) -> dict[str, set[str]]:
        """Key of each form that was answered with a receipt → the receipts' addresses."""
        found: dict[str, set[str]] = {}
        for answer in self.answers:
            if answer.status == 303:
                found.setdefault(answer.form.key, set()).add(answer.location)
        return found

    def with_status(self, *wanted: int) -> int:
        """How many answers had one of these statuses."""
        return sum(answer.status in wanted for answer in self.answers)

    def slowest_of_hundred(self) -> float:
        """p99 of all answers, in seconds."""
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(len(times) - 1, len(times) * 99 // 100)]


def sign_all_in(ports: Sequence[int], passwords: dict[str, str]) -> dict[str, Session]:
    """Everybody who is named, through the door."""
    found = {}
    for name, word in passwords.items():
        window = Window(ports)
        found[name] = window.sign_in(name, word)
        window.close()
    return found


#: Pause before the same button is pressed again, in seconds.
PAUSE = 0.05


def insist(
    window: Window, session: Session, form: Form, history: History, *, seconds: float = 60
) -> Answer:
    """Press the same button until somebody says what came of it (no 5xx, no broken line)."""
    end = time.monotonic() + seconds
    while True:
        answer = window.post(session, form)
        history.note(answer)
        if 0 < answer.status < 500:
            return answer
        assert time.monotonic() < end, f"no answer to {form.path} for {seconds} s"
        time.sleep(PAUSE)


@dataclass
class Crowd:
    """Some threads that work through lists of forms; a list is one sheet's, in its order."""

    ports: Sequence[int]
    sessions: dict[str, Session]
    history: History = field(default_factory=History)
    troubles: list[BaseException] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, work: Iterable[Sequence[Form]], *, threads: int = 7) -> None:
        """Set all of them to work."""
        waiting = iter(list(work))
        lock = threading.Lock()

        def next_list() -> Sequence[Form] | None:
            with lock:
                return next(waiting, None)

        self._threads = [
            threading.Thread(target=self._work, args=(next_list,), name=f"person {n}")
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, next_list: Callable[[], Sequence[Form] | None]) -> None:
        window = Window(self.ports)
        try:
            while (forms := next_list()) is not None:
                for form in forms:
                    insist(window, self.sessions[form.who], form, self.history)
        except BaseException as error:
            self.troubles.append(error)
        finally:
            window.close()

    @property
    def busy(self) -> bool:
        """Whether anybody still works."""
        return any(thread.is_alive() for thread in self._threads)

    def finish(self, seconds: float = 300) -> History:
        """Wait until all is done; whoever got no answer raises here."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "somebody waits for ever"
        if self.troubles:
            raise self.troubles[0]
        return self.history


def act_form(
    who: str, evaluation_id: int, action: str, version: int, seen: bytes, random: Random,
    **others: str,
) -> Form:  # fmt: skip
    """The form of an action on a sheet, with a key of its own."""
    fields = {
        "action": action,
        "version": str(version),
        "seen_hash": seen.hex(),
        "request_key": f"{random.getrandbits(128):032x}",
        **others,
    }
    return Form(who, f"/sheets/{evaluation_id}/act", tuple(fields.items()))
