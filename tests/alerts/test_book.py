"""The book on SQLite and on PostgreSQL: whole transactions, one open alarm, compare-and-set, links, acts, cursors."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from alerts.alarms import rules
from alerts.alarms.applying import Moment, Sitting
from alerts.alarms.condition_book import Conditions
from alerts.ladder import overdue_step
from alerts.sensors import readings
from alerts.sensors.bin_book import Page
from alerts.sensors.bins import Heard
from alerts.store.book import CODE_LENGTH, Book, Conflict, Pen, Unwritable
from alerts.store.tables import ALARMS, HISTORY, LINKS, NOTICES, TICKETS
from alerts.tickets.checking import check_again
from alerts.values import Decision, Known, Photo, Ticket
from broker.messages import Event, Kind, Reading
from county.snapshot import County
from tests.alerts.cases import checking
from tests.alerts.makes import PHOTO, at, event, last_ticket, person, reading
from tests.county.small import COUNTY, small_county


def feed(book: Book, county: County, message: Event | Reading, minute: float) -> list[Decision]:
    spot = county.spot(message.device, message.spot)
    assert spot is not None
    with book.writing() as pen:
        if isinstance(message, Reading):
            page, conditions = Page(pen), Conditions(pen)
            sitting = Sitting(conditions, county, Moment(at(minute), at(minute), f"message {message.message_id}"))
            made = readings.take(page, message, Heard(at(minute), at(minute)), sitting)
            page.write()
            conditions.write()
            return made
        decisions = rules.decide(pen.known(spot, message.what), message, county, at(minute))
        pen.apply(decisions, f"message {message.message_id}", at(minute))
    return decisions


def rows(book: Book, table: sa.Table) -> int:
    with book.store.read() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def stored(book: Book, ticket: Ticket) -> Ticket:
    with book.writing() as pen:
        found = pen.ticket(ticket.id)
    assert found is not None
    return found


def test_what_was_written_is_read_back_whole(book: Book, county: County) -> None:
    decisions = feed(book, county, event(0, picture="c" * 64), 0)
    with book.writing() as pen:
        known = pen.known(county.spots[0], Kind.GARBAGE)
    assert known == Known(decisions[0].looks[0], decisions[0].alarm,
                          replace(last_ticket(decisions), number="GD-1121-0001"))  # fmt: skip


def test_every_field_of_a_ticket_survives(book: Book, county: County) -> None:
    decisions = feed(book, county, event(0), 0)
    whole = replace(
        checking(county), id=last_ticket(decisions).id, version=last_ticket(decisions).version + 1, in_time=True,
        overdue=True, denied_by="v1", arrived_at=at(3), closed_at=at(4), rendered=True, number="GD-1121-0001",
    )  # fmt: skip
    with book.writing() as pen:
        pen.apply([replace(decisions[-1], ticket=whole)], "test", at(5))
    assert stored(book, whole) == whole


def test_tickets_are_numbered_by_local_day(book: Book, county: County) -> None:
    feed(book, county, event(0), 0)
    feed(book, county, reading(0, 95), 0)
    late = reading(20 * 60, 3)
    feed(book, county, late, 20 * 60)
    feed(book, county, reading(21 * 60, 95), 21 * 60)
    with book.store.read() as conn:
        numbers = conn.execute(sa.select(TICKETS.c.number).order_by(TICKETS.c.opened_us, TICKETS.c.number)).scalars()
        assert list(numbers) == ["GD-1121-0001", "GD-1121-0002", "GD-1122-0001"]


def test_a_transaction_that_is_killed_leaves_nothing(book: Book, county: County) -> None:
    def killed() -> None:
        with book.writing() as pen:
            pen.apply(rules.decide(Known(), event(0), county, at(0)), "test", at(0))
            pen.move_cursor(0, 7)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert [rows(book, table) for table in (ALARMS, TICKETS, HISTORY, NOTICES)] == [0, 0, 0, 0]
    assert book.cursor() == 0


def test_the_cursor_moves_by_compare_and_set(book: Book) -> None:
    with book.writing() as pen:
        pen.move_cursor(0, 4)
    with pytest.raises(Conflict, match="another engine"), book.writing() as pen:
        pen.move_cursor(0, 5)
    assert book.cursor() == 4


def test_a_decision_from_an_old_version_writes_nothing(book: Book, county: County) -> None:
    ticket = last_ticket(feed(book, county, event(0), 0))
    step = overdue_step(ticket, county, at(30))
    with book.writing() as pen:
        pen.apply(step, "sweep", at(30))
    with pytest.raises(Conflict, match="no longer at version"), book.writing() as pen:
        pen.apply(step, "sweep", at(30))
    assert stored(book, ticket).person.id == "t1"


def test_the_index_refuses_a_second_open_alarm_even_past_all_rules(book: Book, county: County) -> None:
    feed(book, county, event(0), 0)
    with pytest.raises(Conflict, match="open one already"), book.writing() as pen:
        pen.apply(rules.decide(Known(), event(1), county, at(1)), "test", at(1))
    assert (rows(book, ALARMS), rows(book, TICKETS)) == (1, 1)


def test_fifty_at_once_open_exactly_one_alarm(book: Book, county: County) -> None:
    """Without the rules: each thread believes that nothing is open and inserts with its own transaction."""
    outcomes: list[str] = []
    gate = threading.Barrier(50)

    def insert(number: int) -> None:
        decisions = rules.decide(Known(), event(number), county, at(number))
        gate.wait()
        try:
            with book.store.write() as conn:
                Pen(book, conn).apply(decisions[:1], "race", at(number))
            outcomes.append("opened")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("opened") == 1
    assert outcomes.count("conflict") == 49
    assert (rows(book, ALARMS), rows(book, TICKETS)) == (1, 1)


def test_fifty_events_at_once_through_the_rules_feed_one_alarm(book: Book, county: County) -> None:
    threads = [
        threading.Thread(target=feed, args=(book, county, event(number), number)) for number in range(50)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (rows(book, ALARMS), rows(book, TICKETS)) == (1, 1)


def test_closing_a_ticket_closes_its_alarms_and_the_next_dirt_opens_anew(book: Book, county: County) -> None:
    first = last_ticket(feed(book, county, event(0), 0))
    feed(book, county, event(1, what="overflow"), 1)
    feed(book, county, event(2, "clean"), 2)
    feed(book, county, event(3, "clean", what="overflow"), 3)
    with book.store.read() as conn:
        assert conn.execute(sa.select(ALARMS.c.id).where(ALARMS.c.is_open)).all() == []
    again = last_ticket(feed(book, county, event(4), 4))
    assert again.id != first.id
    assert (rows(book, ALARMS), rows(book, TICKETS)) == (3, 2)


def test_history_is_a_chain_and_names_its_cause(book: Book, county: County) -> None:
    message = event(0)
    ticket = last_ticket(feed(book, county, message, 0))
    with book.store.read() as conn:
        found = conn.execute(sa.select(HISTORY).where(HISTORY.c.ticket == ticket.id).order_by(HISTORY.c.n)).all()
    assert [(row.old, row.new) for row in found] == [("", "待核实"), ("待核实", "待核实"), ("待核实", "已派遣(待接单)")]
    assert {row.caused_by for row in found} == {f"message {message.message_id}"}
    assert len({row.change for row in found}) == 1


def test_words_with_a_nul_or_a_very_long_name_stop_no_book(book: Book, county: County) -> None:
    hostile = event(0).model_copy(update={"reason": "a\x00b\nc" + "长" * 400})
    long_name = replace(county.content.spots[0], name="很长的名字" * 100)
    ticket = last_ticket(feed(book, small_county(spots=(long_name,)), hostile, 0))
    assert stored(book, ticket).scene.spot_name == "很长的名字" * 100


@pytest.mark.real
def test_what_the_database_cannot_take_is_unwritable_and_not_away(real_postgres: str, county: County) -> None:
    book = Book(real_postgres, COUNTY)
    opened = rules.decide(Known(), event(0), county, at(0))
    ticket = opened[0].ticket
    assert ticket is not None
    try:
        with pytest.raises(Unwritable), book.writing() as pen:
            pen.apply([replace(opened[0], ticket=replace(ticket, denied_by="x" * 65))], "test", at(0))
    finally:
        book.close()


def test_due_tickets_come_by_their_moment(book: Book, county: County) -> None:
    ticket = last_ticket(feed(book, county, event(0), 0))
    assert book.due(at(29)) == []
    assert book.due(at(30)) == [ticket.id]


def test_a_link_opens_one_ticket_for_one_person_and_expires(book: Book, county: County) -> None:
    ticket = last_ticket(feed(book, county, event(0), 0))
    who = person(county, "v1")
    with book.writing() as pen:
        code = pen.mint_link(ticket.id, who, at(0), timedelta(days=1))
    assert len(code) == CODE_LENGTH
    link = book.link(code, at(1))
    assert link is not None
    assert (link.ticket, link.person) == (ticket.id, who)
    assert book.link(code, at(24 * 60)) is None
    assert book.link(code[:-1] + "0", at(1)) is None
    with book.store.read() as conn:
        assert code not in str(conn.execute(sa.select(LINKS)).all())


def test_an_act_key_counts_once_a_ticket(book: Book) -> None:
    ticket, other = uuid4(), uuid4()
    with book.writing() as pen:
        assert pen.first_time(ticket, "k", "accept", at(0))
        assert not pen.first_time(ticket, "k", "accept", at(1))
        assert pen.first_time(other, "k", "accept", at(1))
        long = f"{'p' * 64} {'k' * 60}"
        assert [pen.first_time(ticket, f"{long}{n}", "accept", at(1)) for n in (1, 2, 1)] == [True, True, False]


def test_photos_and_commands_are_kept_once(book: Book, county: County) -> None:
    ticket = last_ticket(feed(book, county, event(0), 0))
    asked = check_again(checking(county), county, at(21), "再看")
    assert asked.recheck is not None
    photo = Photo(PHOTO, at(1), "马村官")
    decision = replace(asked, ticket=replace(ticket, version=ticket.version + 1), photos=(photo, photo))
    with book.writing() as pen:
        pen.apply([decision, replace(decision, ticket=None)], "test", at(1))
    waiting = book.relay()
    assert [command.command_id for _, command in waiting] == [asked.recheck.command_id]
    book.relayed([relay_id for relay_id, _ in waiting])
    assert book.relay() == []


def test_two_counties_share_a_database_and_nothing_else(book_url: str, county: County) -> None:
    here, there = Book(book_url, COUNTY), Book(book_url, "640998")
    neighbour = small_county()
    neighbour.code = there.county
    try:
        feed(here, county, event(0), 0)
        feed(there, neighbour, event(0), 0)
        with there.writing() as pen:
            pen.move_cursor(0, 3)
        assert here.cursor() == 0
        assert rows(here, TICKETS) == 2
    finally:
        here.close()
        there.close()
