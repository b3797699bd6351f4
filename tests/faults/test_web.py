"""E01, E02, E03, E15, E16, E18: what people did is done once, whoever dies meanwhile."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

from pydantic import SecretStr

from hyoka.local.process import Child
from tasks.app import make_celery
from tests.faults.checking import CAST, approvals, check_approvals
from tests.faults.conftest import Filler, Numbers, OwnCluster, TownMaker
from tests.faults.people import (
    Answer,
    Crowd,
    Form,
    Session,
    Window,
    sign_all_in,
)
from tests.faults.proxy import AFTER, BEFORE, Proxy
from tests.faults.servers import children_of, kill_nine, kill_whole
from tests.faults.town import Town
from tests.faults.waiting import until
from tests.sample_people import COLLEAGUES, DRAFTERS
from tests.web.sheet_forms import forms_on
from workflow.settings import Settings

Size = Callable[[int], int]


def crowd_at(town: Town, *ports: int) -> Crowd:
    """The people who approve, all signed in."""
    words = {name: town.passwords[name] for name in CAST}
    return Crowd(ports, sign_all_in(ports, words))


def test_e01_no_approval_is_lost_or_doubled_when_web_workers_are_killed(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(filled(size(40), "department_review"), city_template[1])
    web, port = town.start_web(workers=3)
    crowd = crowd_at(town, port)
    work = approvals(town, size(40), random)

    killed = 0
    crowd.begin(work)
    while crowd.busy:
        killed += kill_nine(random.choice(children_of(web.pid) or [2**22]))
        time.sleep(0.5)
    history = crowd.finish()

    checked = check_approvals(town, history, work)
    assert checked.approvals == 2 * len(work)
    assert killed
    numbers(
        "E01",
        approvals=checked.approvals,
        killed=killed,
        unanswered=checked.unanswered,
        lost=checked.lost,
    )


def test_e02_no_approval_is_lost_when_postgresql_is_killed_and_the_web_goes_on_by_itself(
    town_on: TownMaker, own_cluster: OwnCluster, random: Random, size: Size, numbers: Numbers
) -> None:
    count = size(30)
    town = town_on(own_cluster.filled(count, "department_review"), own_cluster.passwords)
    _, port = town.start_web()
    crowd = crowd_at(town, port)
    work = approvals(town, count, random)

    kills = 2 if count == 30 else 20
    processes, slowest = 0, 0.0
    crowd.begin(work)
    for _ in range(kills):
        wait_for_receipts(crowd, 10)
        processes += own_cluster.kill_and_restart()
        slowest = max(slowest, wait_for_receipts(crowd, 1, seconds=5))
    history = crowd.finish()

    checked = check_approvals(town, history, work)
    assert checked.approvals == 2 * len(work)
    numbers(
        "E02",
        approvals=checked.approvals,
        kills=kills,
        processes=processes,
        failures=checked.failures,
        lost=checked.lost,
        slowest_recovery_ms=round(slowest * 1000),
    )


def wait_for_receipts(crowd: Crowd, more: int, *, seconds: float = 60) -> float:
    """Until *more* posts have been answered with a receipt; returns how long that took."""
    there = crowd.history.with_status(303)
    return until(
        lambda: crowd.history.with_status(303) >= there + more, seconds, f"{more} receipts"
    )


class LostAnswers:
    """Cuts some lines at COMMIT: before the server hears it, or before its answer is heard.

    Reads end with a commit, too; nothing hangs on theirs.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.cuts: Counter[str] = Counter()
        #: Lines on which the transaction that runs only reads.
        self._reading: set[object] = set()

    def __call__(self, data: bytes, line: object) -> str | None:
        """The proxy's judge."""
        if b"READ ONLY" in data:
            self._reading.add(line)
        if b"COMMIT\0" not in data:
            return None
        if line in self._reading:
            self._reading.remove(line)
            return None
        if self._random.random() > 0.3:
            return None
        verdict = self._random.choice((BEFORE, AFTER, AFTER))
        self.cuts[verdict] += 1
        return verdict


def test_e03_a_form_sent_again_after_a_lost_answer_to_commit_acts_once_and_gets_its_receipt(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    database_proxy: Proxy,
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    count = size(40)
    template = filled(count, "department_review")
    town = town_on(template, city_template[1], proxy=database_proxy)
    _, port = town.start_web()
    crowd = crowd_at(town, port)
    work = approvals(town, count, random)

    cutting = LostAnswers(random)
    database_proxy.judge = cutting
    crowd.begin(work)
    history = crowd.finish()

    checked = check_approvals(town, history, work)
    assert checked.approvals == 2 * len(work)
    assert cutting.cuts[BEFORE]
    assert cutting.cuts[AFTER]
    # Every cut is one form that somebody had to send again.
    assert checked.failures == sum(cutting.cuts.values())
    numbers(
        "E03",
        approvals=checked.approvals,
        cut_before_commit=cutting.cuts[BEFORE],
        cut_after_commit=cutting.cuts[AFTER],
        doubled=checked.doubled,
    )


def at_once(jobs: Sequence[Callable[[], Answer]], random: Random) -> list[Answer]:
    """All of them together, each by a chance of some milliseconds."""
    start = threading.Barrier(len(jobs))
    waits = [random.random() * 0.004 for _ in jobs]

    def run(number: int) -> Answer:
        start.wait(20)
        time.sleep(waits[number])
        return jobs[number]()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, range(len(jobs))))


def test_e15_of_two_who_act_at_once_one_wins_and_the_other_is_told(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    count = size(12)
    town = town_on(filled(count, "department_review"), city_template[1])
    _, port = town.start_web()
    writers = (DRAFTERS["611"], COLLEAGUES["611"])
    people = {*CAST, *writers}
    sessions = sign_all_in([port], {name: town.passwords[name] for name in people})
    windows = [Window([port]) for _ in range(2)]
    won: Counter[str] = Counter()
    sample = town.count("SELECT min(id) FROM evaluation WHERE code = '611'")

    for number, (approve, _) in enumerate(approvals(town, count, random)):
        seen = dict(approve.fields)
        back = {"action": "return", "target": "draft", "reason": "数字を確認してください。"}
        fields = tuple((seen | back | {"request_key": f"{random.getrandbits(128):032x}"}).items())
        forms = [approve, Form(approve.who, approve.path, fields)]
        jobs = [
            partial(window.post, sessions[form.who], form)
            for window, form in zip(windows, forms, strict=True)
        ]
        answers = at_once(jobs, random)

        assert sorted(answer.status for answer in answers) == [303, 409], approve.path
        winner = "approve" if answers[0].status == 303 else "return"
        won[winner] += 1
        evaluation_id = int(approve.path.split("/")[2])
        state = town.city.scalar("SELECT state FROM evaluation WHERE id = :id", id=evaluation_id)
        assert state == {"approve": "bureau_approval", "return": "draft"}[winner]

        drafters = [sessions[name] for name in writers]
        _two_write(town, sample, drafters, windows, random, number)

    assert town.city.verify().broken == ()
    for window in windows:
        window.close()
    numbers("E15", decisions=count, approved=won["approve"], returned=won["return"], saves=count)


def _two_write(
    town: Town,
    sheet: int,
    sessions: Sequence[Session],
    windows: Sequence[Window],
    random: Random,
    number: int,
) -> None:
    """Both open the form, both save: one is stored whole, the other is told, nothing is mixed."""
    path = f"/sheets/{sheet}/edit"
    jobs = []
    for session, window in zip(sessions, windows, strict=True):
        _, _, text = window.ask("GET", path, session=session)
        mine = dict.fromkeys(("results", "issues"), f"{session.name}の文{number}。")
        fields = forms_on(text)[path] | mine
        fields.pop("csrf_token")
        jobs.append(partial(window.post, session, Form(session.name, path, tuple(fields.items()))))
    answers = at_once(jobs, random)

    assert sorted(answer.status for answer in answers) == [303, 409], path
    winner = sessions[0] if answers[0].status == 303 else sessions[1]
    stored = town.city.scalar("SELECT fields FROM working_copy WHERE evaluation_id = :i", i=sheet)
    assert {stored["results"], stored["issues"]} == {f"{winner.name}の文{number}。"}


def test_e16_the_same_form_five_times_at_once_and_from_the_back_button_is_one_approval(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    count = size(8)
    town = town_on(filled(count, "department_review"), city_template[1])
    _, port = town.start_web()
    crowd = crowd_at(town, port)
    work = approvals(town, count, random)
    windows = [Window([port]) for _ in range(5)]

    posts = 0
    for forms in work:
        for form in forms:
            session = crowd.sessions[form.who]
            jobs = [partial(window.post, session, form) for window in windows]
            answers = [*at_once(jobs, random), windows[0].post(session, form)]
            posts += len(answers)
            assert {answer.status for answer in answers} == {303}
            assert len({answer.location for answer in answers}) == 1
            crowd.history.answers += answers
    for window in windows:
        window.close()

    checked = check_approvals(town, crowd.history, work)
    assert checked.approvals == 2 * count
    numbers("E16", posts=posts, approvals=checked.approvals)


def test_e18_nobody_notices_that_web_and_worker_are_replaced_one_after_the_other(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    count = size(40)
    town = town_on(filled(count, "department_review"), city_template[1])
    webs = [town.start_web(name=f"web-{n}") for n in range(2)]
    workers = [town.start_worker(f"worker-{n}", concurrency=1) for n in range(2)]
    old = make_celery(Settings(database_url=SecretStr("postgresql:///x"),
                               redis_url=SecretStr(town.redis.url)))  # fmt: skip
    # What a release before this one might have left in the queues.
    old.send_task("tasks.send_mail", args=[1], queue="mail")
    old.send_task("tasks.deliver_mails", args=[1, 2, 3], queue="mail")
    crowd = crowd_at(town, *(port for _, port in webs))
    work = approvals(town, count, random)

    crowd.begin(work)
    replaced, killed = 0, 0
    while crowd.busy or not replaced:
        for number in range(2):
            child, port = webs[number]
            killed += _end(child, patient=random.random() < 0.5)
            webs[number] = town.start_web(name=f"web-{number}", port=port)
        number = replaced % 2
        killed += _end(workers[number], patient=random.random() < 0.5)
        workers[number] = town.start_worker(f"worker-{number}-{replaced}", concurrency=1)
        replaced += 1
    history = crowd.finish()
    town.start_beat()
    until(town.nothing_waits, 30, f"all mails are out: {town.mails()}")

    checked = check_approvals(town, history, work)
    assert checked.approvals == 2 * count
    assert checked.failures == 0, "a request failed although another web was there"
    assert set(town.office.copies().values()) <= {1}
    said = "".join(town.said(path.stem) for path in town.folder.glob("worker-*.log"))
    assert "Received unregistered task of type 'tasks.send_mail'" in said
    assert "deliver_mails() takes 0 positional arguments but 3 were given" in said
    numbers(
        "E18",
        approvals=checked.approvals,
        webs_replaced=2 * replaced,
        workers_replaced=replaced,
        killed_at_stop_timeout=killed,
        answers_5xx=checked.failures,
        sent_to_the_other_web=checked.unanswered,
    )


def _end(child: Child, *, patient: bool) -> bool:
    """SIGTERM; SIGKILL when its time to stop is over. Whether it was killed."""
    child.send(signal.SIGTERM)
    if child.wait(15 if patient else 0.1):
        child.sweep()
        return False
    kill_whole(child)
    return True
