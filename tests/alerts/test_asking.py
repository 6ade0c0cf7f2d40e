"""Asks: once each, decided by the right person, climbing when nobody answers, lapsing at the top; and 督办."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from alerts.asks import asking, supervising
from alerts.asks.asks import MOST_TRIES, Ask, AskState, Case, Outcome
from alerts.asks.fairness import Deed
from alerts.ladder import overdue_step
from alerts.tickets.acts import Data, Doing
from alerts.tickets.doing import Refused, Unsaid
from alerts.tickets.entitled import NotEntitled
from alerts.values import Purpose, Status, Ticket, Who
from county.policy import Move
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import accepted
from tests.alerts.makes import at, last_ticket
from tests.alerts.side_cases import after_all, asked, decided, full_county, in_status, put, someone, wish
from tests.county.small import led_county

HOUR, DAY = 60, 24 * 60


@pytest.fixture
def whole() -> County:
    return full_county()


def extension(county: County) -> tuple[Case, Ask]:
    return asked(county, accepted(county), Move.EXTEND, "v1")


def passed(case: Case, ask: Ask, county: County, minute: float) -> Ask:
    """The ask after the sweep at this minute."""
    outcome = asking.pass_time(case, ask, county, at(minute))
    return outcome.asks[0] if outcome.asks else ask


def notes(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Who is written to, why, and on which round of the ask."""
    return [(note.person.id, note.purpose.value, str(note.round)) for one in outcome.decisions for note in one.notices]


def why(outcome: Outcome) -> list[str]:
    return [one.history.why for one in outcome.decisions if one.history]


def test_an_ask_is_a_row_of_the_history_and_a_letter_to_the_decider(whole: County) -> None:
    outcome = put(whole, accepted(whole), Move.EXTEND, "v1", until=at(600))
    assert why(outcome) == ["马村官申请延期到11月21日 20:00:要等铲车,请田乡官批准"]
    (note,) = outcome.decisions[0].notices
    assert (note.person.id, note.purpose, note.ask) == ("t1", Purpose.ASKED, outcome.asks[0].id)
    assert "马村官申请延期到11月21日 20:00:要等铲车。请于11月23日 12:00前批复" in note.words


def test_both_answers_go_back_to_who_asked(whole: County) -> None:
    case, _ = extension(whole)
    yes, no = decided(whole, case, "t1"), decided(whole, case, "t1", grant=False, words="人手够")
    assert (yes.asks[0].state, no.asks[0].state) == (AskState.GRANTED, AskState.REFUSED)
    assert notes(yes) == notes(no) == [("v1", "answered", "1")]
    assert "未同意(田乡官):人手够" in no.decisions[-1].notices[0].words
    assert why(no) == ["田乡官不同意马村官延期到11月25日 18:00:人手够"]
    assert replace(after_all(no), version=0) == replace(case.ticket, version=0), "a refusal changes nothing"


def test_a_refusal_needs_words_and_a_consent_does_not(whole: County) -> None:
    case, _ = extension(whole)
    with pytest.raises(Refused, match="不同意的原因"):
        decided(whole, case, "t1", grant=False, words=" ")
    assert decided(whole, case, "t1", words="").asks[0].state is AskState.GRANTED


@pytest.mark.parametrize("who", ["v1", "v1b", "v2", "h1"])
def test_only_the_deciding_level_decides(whole: County, who: str) -> None:
    case, _ = extension(whole)
    with pytest.raises(NotEntitled):
        decided(whole, case, who)


def test_somebody_higher_may_decide_too(whole: County) -> None:
    case, _ = extension(whole)
    assert decided(whole, case, "c1").asks[0].decided_by == someone(whole, "c1")


def test_nobody_decides_what_they_asked_for(whole: County) -> None:
    ticket = replace(accepted(whole), person=someone(whole, "t1"), handler=someone(whole, "t1"))
    case, ask = asked(whole, ticket, Move.EXTEND, "t1")
    assert ask.level is Level.COUNTY
    with pytest.raises(NotEntitled, match="不能自己批"):
        decided(whole, case, "t1")


def test_a_second_decision_is_refused_with_who_was_first(whole: County) -> None:
    case, _ = extension(whole)
    done = decided(whole, case, "t1")
    with pytest.raises(Refused, match=r"同意\(田乡官\),不能再批"):
        asking.decide(Case(after_all(done), done.asks), done.asks[0], False,
                      Doing(someone(whole, "c1"), at(31), Data("不")), whole)  # fmt: skip


def test_one_ask_for_a_move_waits_at_a_time_and_others_beside_it(whole: County) -> None:
    case, _ = extension(whole)
    with pytest.raises(Refused, match="已经有一件延期在等田乡官答复"):
        asking.put(case, Move.EXTEND, wish(Move.EXTEND, someone(whole, "v1"), 21), whole)
    assert asking.put(case, Move.HOLD, wish(Move.HOLD, someone(whole, "v1"), 21), whole).asks


def test_a_hold_says_until_when_and_an_extension_need_not(whole: County) -> None:
    ticket = in_status(whole, Status.ACCEPTED)
    with pytest.raises(Unsaid, match="请写明挂账到什么时候"):
        put(whole, ticket, Move.HOLD, "v1", until=None)
    assert put(whole, ticket, Move.HOLD, "v1", until=at(600)).asks[0].wanted.until == at(600)
    assert put(whole, ticket, Move.EXTEND, "v1", until=None).asks[0].wanted.until is not None


def test_a_move_is_made_as_often_as_the_right_says_and_asked_for_ten_times_at_most(whole: County) -> None:
    case, ask = extension(whole)
    granted = replace(ask, state=AskState.GRANTED)
    with pytest.raises(Refused, match="最多延期1次"):
        asking.put(replace(case, asks=(granted,)), Move.EXTEND, wish(Move.EXTEND, someone(whole, "v1"), 40), whole)
    no = replace(ask, state=AskState.REFUSED)
    again = asking.put(replace(case, asks=(no,)), Move.EXTEND, wish(Move.EXTEND, someone(whole, "v1"), 40), whole)
    assert again.asks[0].waits, "a refused one may be asked for again"
    with pytest.raises(Refused, match="最多"):
        asking.put(replace(case, asks=(no,) * MOST_TRIES), Move.EXTEND, wish(Move.EXTEND, someone(whole, "v1"), 40),
                   whole)  # fmt: skip


def test_an_ask_that_nobody_answers_climbs_and_lapses_at_the_top(whole: County) -> None:
    case, ask = extension(whole)
    assert passed(case, ask, whole, 20 + 8 * HOUR) == ask, "a Saturday is no working day"
    first = asking.pass_time(case, ask, whole, ask.due_at)
    (higher,) = first.asks
    assert (higher.level, higher.decider.id, higher.round, higher.overdue) == (Level.COUNTY, "c1", 2, True)
    assert why(first) == ["田乡官未按时批复马村官的延期申请,上报县级郝县官"]
    assert notes(first) == [("c1", "asked", "2")]
    last = asking.pass_time(case, higher, whole, higher.due_at)
    (lapsed,) = last.asks
    assert (lapsed.state, lapsed.decided_by) == (AskState.LAPSED, None)
    assert notes(last) == [("v1", "answered", "2")]
    assert "按未获批准处理" in last.decisions[0].notices[0].words
    assert replace(after_all(last), version=0) == replace(case.ticket, version=0), "silence grants nothing"


def test_nothing_happens_to_an_ask_before_its_time_or_after_its_answer(whole: County) -> None:
    case, ask = extension(whole)
    assert asking.pass_time(case, ask, whole, ask.due_at - (at(1) - at(0))) == Outcome()
    assert asking.pass_time(case, replace(ask, state=AskState.GRANTED), whole, at(99 * DAY)) == Outcome()


@pytest.mark.parametrize("status", [Status.CLOSED, Status.FORCED, Status.TO_CHECK])
def test_an_ask_lapses_when_its_ticket_has_moved_on(whole: County, status: Status) -> None:
    case, ask = extension(whole)
    gone = replace(case, ticket=in_status(whole, status))
    outcome = asking.pass_time(gone, ask, whole, at(22))
    assert outcome.asks[0].state is AskState.LAPSED
    with pytest.raises(Refused, match="现在不能延期"):
        asking.decide(gone, ask, True, Doing(someone(whole, "t1"), at(22), Data("行")), whole)


def test_an_extension_lapses_when_somebody_else_has_the_ticket(whole: County) -> None:
    case, ask = extension(whole)
    other = replace(case, ticket=replace(case.ticket, person=someone(whole, "v1b")))
    assert passed(other, ask, whole, 22).state is AskState.LAPSED


@pytest.mark.parametrize("status", [status for status in Status if not status.is_open])
@pytest.mark.parametrize("move", [move for move in Move if move is not Move.APPEAL])
def test_a_move_after_the_ticket_has_ended_is_refused_with_words(whole: County, status: Status, move: Move) -> None:
    for who in ("v1", "t1", "c1"):
        with pytest.raises(Refused, match=re.escape(f"工单{status.words},不能再{move.words}")):
            put(whole, in_status(whole, status), move, who)


# --- 督办 -----------------------------------------------------------------------------------------------------------


def supervised(county: County, ticket: Ticket | None = None) -> tuple[Case, Ask]:
    outcome = put(county, ticket or accepted(county), Move.SUPERVISE, "c1", words="三天了还没清")
    return Case(after_all(outcome), outcome.asks), outcome.asks[0]


def reply(county: County, case: Case, who: str, words: str = "今天清完", minute: float = 30) -> Outcome:
    return supervising.reply(case, case.asks[0], Doing(someone(county, who), at(minute), Data(words)), county)


def test_a_leader_supervises_and_gets_a_written_reply(whole: County) -> None:
    outcome = put(whole, accepted(whole), Move.SUPERVISE, "c1", words="三天了还没清")
    (ask,) = outcome.asks
    assert (ask.by.id, ask.decider.id, ask.state) == ("c1", "v1", AskState.WAITING)
    assert notes(outcome) == [("v1", "supervise", "1")]
    assert "书面回复办理情况" in outcome.decisions[0].notices[0].words
    answered = reply(whole, Case(after_all(outcome), outcome.asks), "v1")
    assert (answered.asks[0].state, answered.asks[0].words) == (AskState.ANSWERED, "今天清完")
    assert notes(answered) == [("c1", "answered", "1")]
    assert why(answered) == ["马村官回复郝县官的督办:今天清完"]
    assert after_all(answered).status is Status.ACCEPTED, "a reply is no work done"


def test_a_reply_needs_words_and_comes_from_below(whole: County) -> None:
    case, _ = supervised(whole)
    with pytest.raises(Refused, match="办理情况"):
        reply(whole, case, "v1", " ")
    for who in ("c1", "v2", "h1"):
        with pytest.raises(NotEntitled):
            reply(whole, case, who)
    assert reply(whole, case, "t1").asks[0].state is AskState.ANSWERED
    done = Case(case.ticket, reply(whole, case, "v1").asks)
    with pytest.raises(Refused, match="已回复"):
        reply(whole, done, "v1")


def test_supervision_without_a_reply_climbs_is_shown_and_never_lapses_by_time(whole: County) -> None:
    case, ask = supervised(whole)
    assert passed(case, ask, whole, 30) == ask
    first = asking.pass_time(case, ask, whole, ask.due_at)
    (second,) = first.asks
    assert (second.decider.id, second.level, second.overdue) == ("t1", Level.TOWNSHIP, True)
    assert why(first) == ["马村官未按时书面回复督办,上报乡镇级田乡官"]
    higher = second
    for _ in range(5):
        higher = passed(case, higher, whole, (higher.due_at - at(0)).total_seconds() / 60)
    assert (higher.waits, higher.overdue, higher.decider.id) == (True, True, "c2"), "asked for again and again"
    assert higher.round == 7
    assert reply(whole, replace(case, asks=(higher,)), "v1").asks[0].state is AskState.ANSWERED


def test_supervision_ends_with_its_ticket(whole: County) -> None:
    case, ask = supervised(whole)
    ended = asking.pass_time(replace(case, ticket=in_status(whole, Status.CLOSED)), ask, whole, at(25))
    assert (ended.asks[0].state, ended.decisions) == (AskState.LAPSED, ())


def test_a_supervision_is_replied_to_and_an_ask_is_decided(whole: County) -> None:
    case, ask = supervised(whole)
    with pytest.raises(Refused, match="书面回复"):
        asking.decide(case, ask, True, Doing(someone(whole, "t1"), at(30), Data("行")), whole)
    other, wanted = extension(whole)
    with pytest.raises(Refused, match="同意或不同意"):
        supervising.reply(other, wanted, Doing(someone(whole, "t1"), at(30), Data("行")), whole)


def test_what_is_overdue_up_to_the_county_is_supervised_by_itself_once(whole: County) -> None:
    ticket = accepted(whole)
    assert supervising.by_itself(Case(ticket), whole, at(30)) == Outcome()
    township = last_ticket(overdue_step(ticket, whole, at(35)))
    assert supervising.by_itself(Case(township), whole, at(36)) == Outcome(), "not yet so high"
    county_level = last_ticket(overdue_step(township, whole, at(65)))
    outcome = supervising.by_itself(Case(county_level), whole, at(66))
    (ask,) = outcome.asks
    assert (ask.by.id, ask.decider.id) == ("c1", "v1")
    assert why(outcome) == ["郝县官督办:超期未办结,自动督办,请马村官书面回复"]
    row = outcome.decisions[0].history
    assert row is not None
    assert row.by == "系统"
    assert supervising.by_itself(Case(county_level, outcome.asks), whole, at(67)) == Outcome()


@pytest.mark.parametrize("policy", [{"severities": ["major"]}, {"categories": ["garbage"]}])
def test_a_key_case_is_supervised_from_the_beginning(policy: dict[str, list[str]]) -> None:
    whole = full_county(supervision=policy)
    outcome = supervising.by_itself(Case(in_status(whole, Status.DISPATCHED)), whole, at(1))
    assert why(outcome) == ["郝县官督办:重点案件,自动督办,请马村官书面回复"]
    for status in (Status.ON_HOLD, Status.TO_CONFIRM, Status.CLOSED):
        assert supervising.by_itself(Case(in_status(whole, status)), whole, at(20)) == Outcome()


def test_a_county_may_supervise_nothing_by_itself() -> None:
    whole = full_county(supervision={"overdue_at": "never"})
    late = replace(accepted(whole), overdue=True, level=Level.COUNTY)
    assert supervising.by_itself(Case(late), whole, at(99)) == Outcome()


def test_a_leader_supervises_the_county_and_decides_what_it_asks_for() -> None:
    led = led_county()
    case, ask = asked(led, accepted(led), Move.FORCE_CLOSE, "c1")
    assert (ask.level, ask.decider.id) == (Level.LEADER, "l1")
    assert (
        after_all(asking.decide(case, ask, True, Doing(leader(led), at(30), Data("同意")), led)).status is Status.FORCED
    )
    order = asking.put(Case(accepted(led)), Move.SUPERVISE, Doing(leader(led), at(20), Data("县里来看")), led)
    assert (order.asks[0].by.id, order.asks[0].decider.id) == ("l1", "v1")


def leader(county: County) -> Who:
    known = county.people["l1"]
    return Who(known.id, known.name, known.phone, Level.LEADER)


@pytest.mark.parametrize("move", [Move.EXTEND, Move.SUPERVISE])
def test_one_takes_back_what_one_asked_for_with_a_reason_that_is_logged(whole: County, move: Move) -> None:
    case, ask = extension(whole) if move is Move.EXTEND else supervised(whole)
    by, other = ask.by.id, "t1"

    def take_back(who: str, words: str, asks: tuple[Ask, ...] = (ask,)) -> Outcome:
        doing = Doing(someone(whole, who), at(30), Data(words))
        return asking.withdraw(replace(case, asks=asks), asks[0], doing, whole)

    with pytest.raises(NotEntitled, match="只能由本人撤回"):
        take_back(other, "不要了")
    with pytest.raises(Refused, match="撤回的原因"):
        take_back(by, "")
    outcome = take_back(by, "已经清完")
    assert (outcome.asks[0].state, outcome.asks[0].words) == (AskState.LAPSED, f"{ask.by.name}撤回:已经清完")
    (entry,) = outcome.entries
    assert (entry.deed, entry.author.id, entry.reason) == (Deed.WITHDRAWN, by, "已经清完")
    with pytest.raises(Refused, match="不能撤回"):
        take_back(by, "再一次", outcome.asks)
