"""The office on real books: asks of staff, two deciders at once, the sweep of the asks, letters, the desk's part."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from alerts.asks import ask_book, fairness_book
from alerts.asks.ask_sweep import AskSweep
from alerts.asks.asks import Ask, AskState, Outcome
from alerts.asks.fairness import Deed
from alerts.office import NoAsk, NoTicket, Office
from alerts.store.book import Book, Conflict
from alerts.tickets.acts import Data
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Status, Ticket
from county.policy import Move
from county.snapshot import County
from county.values import Person
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, at, event, person
from tests.alerts.side_cases import full_county

DAY = 24 * 60


class Staffed(Room):
    """The room with its office; people act by their id."""

    def __init__(self, book: Book, county: County) -> None:
        super().__init__(book, county)
        self.office = Office(book, self.world)
        self.asking = AskSweep(book, self.world)

    def who(self, person: str) -> Person:
        return self.county.people[person]

    @property
    def ticket(self) -> Ticket:
        return self.tickets()[0]

    def status(self) -> Status:
        return self.ticket.status

    def act(self, person: str, act: str, words: str = "要等铲车", **data: object) -> None:
        if act == "hold":
            data = {"until": at(3000), **data}
        self.office.act(self.ticket.id, act, self.who(person), Data(words, **data))  # type: ignore[arg-type]

    def asks(self) -> list[Ask]:
        return ask_book.of_ticket(self.book, self.ticket.id)

    def letters(self) -> list[tuple[str, str]]:
        self.post.step()
        return [(one.person, one.purpose) for one in self.channel.letters]


@pytest.fixture
def room(book: Book) -> Staffed:
    made = Staffed(book, full_county())
    made.feed(event(0))
    made.minutes = 5
    made.act("v1", "accept")
    return made


def test_an_ask_goes_to_the_decider_and_its_answer_back(room: Staffed) -> None:
    room.letters()
    room.act("v1", "extend", until=at(600))
    (ask,) = room.asks()
    assert (ask.state, ask.wanted.until, ask.reason, ask.by.id) == (AskState.WAITING, at(600), "要等铲车", "v1")
    assert room.letters()[-1] == ("田乡官", "asked")
    assert room.ticket.due_at == at(35)
    assert [one.ask.id for one in room.office.waiting(room.who("t1"))] == [ask.id]
    assert room.office.waiting(room.who("v1")) == []
    room.minutes = 10
    done = room.office.answer(ask.id, True, room.who("t1"), Data("行"))
    assert (done.state, room.ticket.due_at) == (AskState.GRANTED, at(600))
    assert room.asks() == [done]
    assert room.letters()[-1] == ("马村官", "answered")
    assert room.office.waiting() == []
    (line,) = fairness_book.lines(room.book)
    assert (line.entry.deed, line.entry.author.name, line.entry.at) == (Deed.EXTENDED, "田乡官", at(10))
    words = [row.words for row in room.reader.history(room.ticket.id)]
    assert words[-2:] == [
        "马村官申请延期到11月21日 20:00:要等铲车,请田乡官批准", "田乡官同意马村官延期到11月21日 20:00:要等铲车;行",
    ]  # fmt: skip


def test_a_letter_about_an_ask_is_not_sent_after_its_answer(room: Staffed) -> None:
    room.post.drop_unwanted()
    before = len(room.channel.letters)
    room.act("v1", "hold")
    room.office.answer(room.asks()[0].id, False, room.who("c1"), Data("先清一部分"))
    assert room.letters()[before:] == [("马村官", "answered")]
    assert room.post.drop_unwanted() == 1


def test_of_two_deciders_at_once_one_wins_and_the_other_is_told(room: Staffed) -> None:
    room.act("v1", "extend", until=at(600))
    ask, barrier = room.asks()[0], threading.Barrier(2)
    said: dict[str, str] = {}

    def decide(who: str, grant: bool) -> None:
        barrier.wait()
        try:
            said[who] = room.office.answer(ask.id, grant, room.who(who), Data("说明")).state.value
        except (Refused, Conflict) as fault:
            said[who] = str(fault)

    threads = [threading.Thread(target=decide, args=pair) for pair in (("t1", True), ("c1", False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = room.asks()[0].state
    assert state in {AskState.GRANTED, AskState.REFUSED}
    winner, loser = ("t1", "c1") if state is AskState.GRANTED else ("c1", "t1")
    assert said[winner] == state.value
    assert "不能再批" in said[loser]
    assert room.ticket.due_at == (at(600) if state is AskState.GRANTED else at(35))
    assert len([row for row in room.reader.history(room.ticket.id) if "同意" in row.words]) == 1


def test_twenty_asks_at_once_are_one(room: Staffed) -> None:
    barrier = threading.Barrier(20)
    refused: list[str] = []

    def ask() -> None:
        barrier.wait()
        try:
            room.act("v1", "hold")
        except (Refused, Conflict) as fault:
            refused.append(str(fault))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(room.asks()), len(refused)) == (1, 19)


def test_the_same_key_asks_once(room: Staffed) -> None:
    for _ in range(2):
        room.office.act(room.ticket.id, "hold", room.who("v1"), Data("等", until=at(600)), key="k-1")
    assert len(room.asks()) == 1


def test_a_killed_decision_did_not_happen(room: Staffed) -> None:
    room.act("v1", "hold")
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        room.office.answer(room.asks()[0].id, True, room.who("c1"))
    assert (room.asks()[0].state, room.status()) == (AskState.WAITING, Status.ACCEPTED)
    assert fairness_book.lines(room.book) == []
    room.office.answer(room.asks()[0].id, True, room.who("c1"))
    assert room.status() is Status.ON_HOLD
    assert [line.entry.deed for line in fairness_book.lines(room.book)] == [Deed.HELD]


def test_the_sweep_lets_an_ask_climb_and_lapse_by_time_and_tells_everybody(room: Staffed) -> None:
    room.act("v1", "extend")
    room.letters()
    assert room.asking.step() == []
    told = {
        2 * DAY + 300: (AskState.WAITING, ("郝县官", "asked")),
        3 * DAY + 600: (AskState.LAPSED, ("马村官", "answered")),
    }  # fmt: skip
    for minute, (state, letter) in told.items():
        room.minutes = minute
        assert len(room.asking.step()) == 1
        (ask,) = room.asks()
        assert (ask.state, ask.decider.id) == (state, "c1")
        assert room.asking.step() == []
        assert room.letters()[-1] == letter
    with pytest.raises(Refused, match="已失效"):
        room.office.answer(room.asks()[0].id, True, room.who("c1"))


def test_an_ask_lapses_with_the_end_of_its_ticket(room: Staffed) -> None:
    room.act("v1", "hold")
    room.act("v1", "done", photos=(PHOTO,))
    room.minutes = 9
    room.feed(event(9, "clean"))
    assert room.status() is Status.CLOSED
    room.asking.step()
    assert room.asks()[0].state is AskState.LAPSED
    with pytest.raises(Refused, match="已结案,不能再挂账"):
        room.act("v1", "hold")


def test_a_ticket_on_hold_comes_back_by_the_sweep_and_may_be_taken_up_earlier(room: Staffed) -> None:
    room.act("v1", "hold", until=at(3000))
    room.office.answer(room.asks()[0].id, True, room.who("c1"))
    room.minutes = 2000
    room.sweep.step()
    assert room.status() is Status.ON_HOLD
    room.minutes = 3000
    room.sweep.step()
    assert room.status() is Status.DISPATCHED
    assert room.letters()[-1] == ("马村官", "dispatch")


def test_a_hold_is_ended_early_by_who_has_the_ticket(room: Staffed) -> None:
    room.act("v1", "hold", until=at(3000))
    room.office.answer(room.asks()[0].id, True, room.who("c1"))
    room.act("v1", "resume", "铲车到了")
    assert room.status() is Status.DISPATCHED


def test_what_stays_overdue_is_supervised_and_the_reply_ends_it(room: Staffed) -> None:
    for minute in (35, 65):
        room.minutes = minute
        room.sweep.step()
        room.asking.step()
    (ask,) = room.asks()
    assert (ask.move, ask.by.id, ask.decider.id) == (Move.SUPERVISE, "c1", "v1")
    assert ("马村官", "supervise") in room.letters()
    assert room.asking.step() == []
    assert [one.ask.id for one in room.office.waiting(room.who("v1"))] == [ask.id]
    assert room.office.waiting(room.who("c1")) == [], "whoever supervises does not reply"
    done = room.office.reply(ask.id, room.who("v1"), Data("人都派了,今晚清完"))
    assert (done.state, done.words) == (AskState.ANSWERED, "人都派了,今晚清完")
    room.minutes = 95
    room.sweep.step()
    assert room.asking.step() == [], "supervised once"


def test_a_rework_that_a_person_ordered_is_appealed_above_that_person(room: Staffed) -> None:
    room.act("v1", "done", photos=(PHOTO,))
    room.act("t1", "rework", "桶后面还有")
    room.act("v1", "appeal", "那是别人的柴", finding="rework")
    (ask,) = [one for one in room.asks() if one.move is Move.APPEAL]
    assert (ask.wanted.against, ask.decider.id) == ("t1", "c1")
    with pytest.raises(NotEntitled, match="您作出的认定"):
        room.office.answer(ask.id, True, room.who("t1"))
    room.office.answer(ask.id, True, room.who("c1"), Data("确实不是"))
    assert (room.ticket.reworks, room.status()) == (0, Status.TO_CHECK)


@pytest.mark.parametrize("act", ["done", "verify_ok", "confirm_false", "accept", "force_close", "void", "hold"])
def test_a_helper_ends_nothing(room: Staffed, act: str) -> None:
    with pytest.raises(NotEntitled, match="协管员"):
        room.act("h1", act, photos=(PHOTO,))


def test_a_helper_on_the_spot_confirms_what_somebody_doubted(room: Staffed) -> None:
    room.act("v1", "not_true", "没有垃圾")
    with pytest.raises(NotEntitled):
        room.act("h1", "confirm_false", "没有")
    room.act("h1", "confirm_true", "我就在旁边,有一堆")
    assert room.status() is Status.DISPATCHED


def test_somebody_of_another_village_does_nothing_here(room: Staffed) -> None:
    for act in ("accept", "done", "hold", "void", "nonsense"):
        with pytest.raises(NotEntitled, match="不负责这个地方"):
            room.act("v2", act)
    assert room.office.choices(room.ticket, room.who("v2")).acts == ()


def test_choices_are_what_somebody_may_do_now(room: Staffed) -> None:
    room.act("v1", "hold")
    own, chief = room.office.choices(room.ticket, room.who("v1")), room.office.choices(room.ticket, room.who("c1"))
    assert own.acts[:2] == ("arrive", "done")
    assert Move.EXTEND in own.moves
    assert Move.HOLD not in own.moves, "one waits already"
    assert own.asks == ()
    assert [ask.move for ask in chief.asks] == [Move.HOLD]
    assert Move.SUPERVISE in chief.moves


def test_what_is_not_there_is_named(room: Staffed) -> None:
    with pytest.raises(NoTicket, match="没有这张工单"):
        room.office.act(uuid4(), "accept", room.who("v1"))
    with pytest.raises(NoAsk, match="没有这件申请"):
        room.office.answer(uuid4(), True, room.who("c1"))
    with pytest.raises(Refused, match="没有“fly”这个操作"):
        room.act("v1", "fly")
    with pytest.raises(Refused, match="照片编号"):
        room.act("v1", "hold", photos=("../x",))


def test_another_county_in_the_same_database_sees_nothing(room: Staffed) -> None:
    room.act("v1", "hold")
    other = Book(room.book.store.url, "640422")
    stranger = Office(other, room.world)
    assert stranger.waiting() == []
    with pytest.raises(NoAsk):
        stranger.answer(room.asks()[0].id, True, room.who("c1"))
    with pytest.raises(NoTicket):
        stranger.act(room.ticket.id, "hold", room.who("v1"))
    other.close()


def test_a_phone_link_makes_the_same_moves(room: Staffed) -> None:
    code = room.desk.mint(room.ticket.id)
    view = room.desk.act(code, "extend", Data("等铲车"), key="k-1")
    assert view.ticket.status is Status.ACCEPTED
    assert [(ask.move, ask.by.id) for ask in room.asks()] == [(Move.EXTEND, "v1")]
    room.desk.act(code, "extend", Data("等铲车"), key="k-1")
    assert len(room.asks()) == 1


def test_an_ask_of_an_id_that_is_known_is_never_written_over(room: Staffed) -> None:
    room.act("v1", "hold")
    ask = room.asks()[0]
    room.office.answer(ask.id, False, room.who("c1"), Data("不"))
    with pytest.raises(Conflict, match="first"), room.book.writing() as pen:
        ask_book.write(pen, Outcome(asks=(ask,)), "test", at(9))
    assert room.asks()[0].state is AskState.REFUSED


def test_the_database_itself_lets_one_ask_for_a_move_wait(room: Staffed) -> None:
    room.act("v1", "hold")
    second = replace(room.asks()[0], id=uuid4())
    with pytest.raises(Conflict, match="first"), room.book.writing() as pen:
        ask_book.write(pen, Outcome(asks=(second,)), "test", at(9))
    assert len(room.asks()) == 1


def test_whoever_decides_may_do_so_by_the_link_of_the_letter(room: Staffed) -> None:
    room.act("v1", "extend")
    room.letters()
    code = room.code()
    view = room.desk.open_code(code)
    assert (view.viewer.id, view.moves) == ("t1", ("grant", "refuse"))
    assert [ask.reason for ask in view.asks] == ["要等铲车"]
    with pytest.raises(Refused, match="不同意的原因"):
        room.desk.act(code, "refuse")
    after = room.desk.act(code, "grant", key="k-9")
    assert (after.moves, after.asks[0].state) == ((), AskState.GRANTED)
    room.desk.act(code, "grant", key="k-9")
    with pytest.raises(Refused, match="没有等您答复"):
        room.desk.act(code, "grant")


def test_the_phone_offers_extension_and_return_to_who_has_the_ticket(room: Staffed) -> None:
    code = room.desk.mint(room.ticket.id)
    assert room.desk.open_code(code).moves == ("return", "extend")
    assert room.desk.act(code, "return", Data("不是我们组的地")).moves == ("extend",)
    stranger = room.desk.mint(room.ticket.id, person(room.county, "v2"))
    assert room.desk.open_code(stranger).moves == ()


def test_a_supervision_is_replied_to_by_phone(room: Staffed) -> None:
    room.act("c1", "supervise", "三天了")
    room.letters()
    assert room.desk.open_code(room.code()).moves == ("return", "extend", "reply")
    view = room.desk.act(room.code(), "reply", Data("今晚清完"))
    assert (view.asks[0].state, view.asks[0].words) == (AskState.ANSWERED, "今晚清完")
    assert room.letters()[-1] == ("郝县官", "answered")


def test_the_auditor_finds_nothing_wrong_with_what_was_moved_aside(room: Staffed) -> None:
    begin = room.world.now()

    def found() -> list[str]:
        now = room.world.now()
        looked = [*room.reader.findings(now), *room.reader.misfits(), *room.reader.broken_promises(now, begin)]
        return [one.words for one in looked]

    room.act("v1", "extend", until=at(120))
    assert found() == []
    room.office.answer(room.asks()[0].id, True, room.who("t1"))
    room.minutes = 60
    room.sweep.step()
    assert found() == [], "the limit was moved, so nobody had to climb"
    room.act("v1", "hold", until=at(3000))
    room.office.answer(room.asks()[1].id, True, room.who("c1"))
    room.minutes = 2999
    room.sweep.step()
    assert found() == []
    room.minutes = 3000
    room.sweep.step()
    room.act("v1", "accept")
    room.act("t1", "transfer", to="v1b")
    room.act("t1", "force_close")
    room.office.answer(room.asks()[-1].id, True, room.who("c1"))
    assert room.status() is Status.FORCED
    assert found() == []


def test_of_two_sweeps_at_once_one_lets_an_ask_climb(room: Staffed) -> None:
    room.act("v1", "extend")
    room.minutes = 2 * DAY + 300
    barrier, moved = threading.Barrier(2), list[int]()

    def sweep() -> None:
        barrier.wait()
        moved.append(len(AskSweep(room.book, room.world).step()))

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == [0, 1]
    assert room.asks()[0].round == 2


def test_a_sweep_killed_before_its_commit_climbs_once(room: Staffed) -> None:
    room.act("v1", "extend")
    room.minutes = 2 * DAY + 300
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        room.asking.step()
    assert room.asks()[0].round == 1
    assert len(room.asking.step()) == 1
    assert (room.asks()[0].round, room.asks()[0].decider.id) == (2, "c1")
