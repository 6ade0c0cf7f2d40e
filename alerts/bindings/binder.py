"""Binding as people meet it: begin on the page, scan, type two numbers; and what an account tells us beside that.

The texting is apart from the scan (``text``), for WeChat wants its answer within five seconds.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from alerts.bindings import attempt_book as attempts
from alerts.bindings import binding_book
from alerts.bindings.accounts import Accounts
from alerts.bindings.attempt_book import Begun
from alerts.bindings.attempts import (
    LASTS,
    NO_ATTEMPT,
    Attempt,
    Refused,
    State,
    Typed,
    Verdict,
    judged,
    new_token,
    scene_of,
)
from alerts.bindings.binding_book import BOUND_BY, New, Taken, mark_of
from alerts.bindings.invitation import Invitation
from alerts.channels import Answer, By, Letter
from alerts.store.book import Book, Pen
from alerts.values import Purpose
from alerts.world import World
from county.values import Person

log = logging.getLogger(__name__)
NOT_TEXTED = "短信没有发出,请稍后再试,或请县里管理员查一下短信通道"
NOT_YOURS = "这个二维码已经用过或过期了。要绑定请本人在自己的页面上重新点“绑定”。"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be reached that can be bound: since when it is, and whether it can be bound here now."""

    by: By
    name: str
    since: datetime | None
    offered: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What the page keeps of an attempt: its token, until when, and what to scan (None to unbind)."""

    token: str = field(repr=False)
    until: datetime
    invitation: Invitation | None = None


@dataclass(frozen=True, slots=True)
class Stands:
    """How an attempt stands, and what is wrong in Chinese words."""

    state: State
    words: str = ""


class Binder:
    """Binds the people of one county."""

    def __init__(self, book: Book, world: World, accounts: Accounts) -> None:
        """``accounts`` are those that the server's settings name."""
        self._book = book
        self._world = world
        self.accounts = accounts

    def ways(self, person: Person) -> list[Way]:
        """By what somebody is bound, and could be."""
        since = binding_book.bound_since(self._book, person)
        ways = [Way(by, name, since.get(by), bool(self.accounts.name_of(by))) for by, name in BOUND_BY.items()]
        return [one for one in ways if one.offered or one.since]

    def begin(self, person: Person, by: By) -> Page:
        """Begin to be bound. ``Refused`` where nobody offers it, after too many, or where no code is given."""
        channel, token = self._offered(by), new_token()
        page = self._begun(Begun(person, by, channel, unbinds=False), token)
        invited = self.accounts.known[channel].invite(scene_of(token), int(LASTS.total_seconds()))
        if isinstance(invited, Answer):
            log.warning("binding by %s: no code to scan: %s", channel, invited.words)
            with self._book.writing() as pen:
                attempts.end(pen, scene_of(token), State.OVER)
            raise Refused(f"{BOUND_BY[by]}没有给出二维码,请稍后再试,或请县里管理员查一下")
        return Page(token, page.until, invited)

    def begin_unbinding(self, person: Person, by: By) -> Page:
        """Begin to be unbound: a link may have been forwarded, so this too is confirmed by the phone."""
        return self._begun(Begun(person, by, self._offered(by), unbinds=True), new_token())

    def stands(self, person: Person, token: str) -> Stands:
        """How an attempt stands that this person has begun."""
        with self._book.writing() as pen:
            attempt = attempts.found(pen, scene_of(token))
        if attempt is None or attempt.person != person.id:
            return Stands(State.OVER, NO_ATTEMPT)
        if attempt.state is State.DONE:
            return Stands(State.DONE)
        if attempt.state is State.OVER or self._world.now() >= attempt.until:
            return Stands(State.OVER, attempt.told or NO_ATTEMPT)
        return Stands(attempt.state, attempt.told)

    def awaits(self, channel: str, scene: str) -> bool:
        """Whether there is an attempt that this code is of, and that a scan may still serve."""
        with self._book.writing() as pen:
            attempt = attempts.found(pen, scene)
        live = attempt is not None and attempt.channel == channel and attempt.state in (State.OPEN, State.SCANNED)
        return live and attempt is not None and self._world.now() < attempt.until

    def scanned(self, channel: str, scene: str, address: str) -> str:
        """What whoever scanned a code is told; the first one counts."""
        now = self._world.now()
        with self._book.writing() as pen:
            pair = attempts.scan(pen, scene, address, channel, now)
        if not pair:
            return NOT_YOURS
        return (
            f"您的配对数字是 {pair}。请回到绑定的页面,填上这2位数字和短信里的6位验证码,绑定才完成。"
            "如果不是您自己在绑定,不用理会,也不要把数字告诉别人。"
        )

    def text(self, scene: str) -> None:
        """Send the six digits to the phone in people.csv, once; what hinders it is told on the page."""
        now, county = self._world.now(), self._world.county()
        with self._book.writing() as pen:
            taken = attempts.text(pen, scene, now)
        if taken is None or self.accounts.texts is None:
            return
        attempt, code = taken
        person = county.people.get(attempt.person)
        if person is None or mark_of(person) != attempt.mark:
            return
        answer = self.accounts.texts.send(_letter(person, attempt, code, county.name))
        if not answer.result.went:
            log.warning("the code for a binding of %s did not go out: %s", person.id, answer.words)
            with self._book.writing() as pen:
                attempts.change(pen, scene, {"told": NOT_TEXTED})

    def confirm(self, person: Person, token: str, typed: Typed) -> None:
        """Bind or unbind, where both numbers are right. ``Refused`` or ``Taken`` says in Chinese why not."""
        now, scene = self._world.now(), scene_of(token)
        with self._book.writing() as pen:
            attempt = attempts.found(pen, scene)
            if attempt is None or attempt.person != person.id:
                raise Refused(NO_ATTEMPT)
            verdict = judged(attempt, scene, typed, mark_of(person), now)
            taken = _done(pen, attempt, verdict, person, now)
        if taken is not None:
            raise taken
        if not verdict.right:
            raise Refused(verdict.words)
        log.info("%s: %s %s", person.id, BOUND_BY[attempt.by], "unbound" if attempt.unbinds else "bound")

    def unfollowed(self, address: str) -> int:
        """Somebody does not follow the service account any more; returns how many that unbinds."""
        with self._book.writing() as pen:
            why = ("微信", "取消关注")
            return binding_book.unbind_address(pen, By.WECHAT, address, why, self._world.now())

    def _offered(self, by: By) -> str:
        channel = self.accounts.name_of(by)
        if not channel:
            raise Refused(f"这里还不能绑定{BOUND_BY.get(by, '')}")
        return channel

    def _begun(self, begun: Begun, token: str) -> Page:
        now = self._world.now()
        with self._book.writing() as pen:
            attempts.begin(pen, begun, scene_of(token), now)
        return Page(token, now + LASTS)


def _done(pen: Pen, attempt: Attempt, verdict: Verdict, person: Person, now: datetime) -> Taken | None:
    """Write down what came of it; a wrong guess is counted, whatever is said to who guessed."""
    if not verdict.right:
        attempts.change(pen, attempt.scene, {"tries": attempt.tries + (attempt.state is State.SCANNED)})
        if verdict.over and attempt.state not in (State.DONE, State.OVER):
            attempts.end(pen, attempt.scene, State.OVER)
        return None
    if attempt.unbinds:
        binding_book.unbind(pen, person.id, attempt.by, (person.id, "本人解除绑定"), now)
    else:
        try:
            binding_book.bind(pen, New(person, attempt.by, attempt.address, "扫码", person.id), now)
        except Taken as fault:
            attempts.end(pen, attempt.scene, State.OVER)
            return fault
    attempts.end(pen, attempt.scene, State.DONE)
    return None


def _letter(person: Person, attempt: Attempt, code: str, county: str) -> Letter:
    what = f"{'解除' if attempt.unbinds else ''}绑定{BOUND_BY[attempt.by]}"
    words = (
        f"【净村·{county}】验证码{code},用于{what},{LASTS.seconds // 60}分钟内有效。不是您本人在操作,请不要告诉任何人。"
    )
    return Letter(
        f"bind-{uuid4()}", "", Purpose.BIND, "", 1, person.name, person.phone, words, "", address=person.phone,
        what=what, code=code,
    )  # fmt: skip
