"""ACL and passwords, held against a real Mosquitto: nothing crosses from one device to another."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import topics
from broker.acl import Credential, acl_text, mosquitto_hash, password_line
from broker.link import Delivery, Link, LinkSettings, Will
from tests.servers import Mosquitto, real_mosquitto, wait_until

COUNTY = "640999"
VILLAGES = ("640999101201", "640999101202", "640999102201")
DEVICES = ("box-1", "box-2", "box-3")
ADDRESSES = tuple(topics.Address.of_village(*pair) for pair in zip(VILLAGES, DEVICES, strict=True))
CREDENTIALS = tuple(Credential(each.device, (each,)) for each in ADDRESSES)


class Party:
    """One user, connected, listening to everything it is let to hear."""

    def __init__(self, server: Mosquitto, name: str, *filters: str, client: str = "", will: Will | None = None) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.server = server
        connection = LinkSettings(
            server.host, server.port, client or name, username=name, password=f"pw-{name}", will=will
        )
        self.link = Link(connection, self._hear, lambda *_: None, [(one, 1) for one in filters])
        self.link.start()
        wait_until(lambda: self.link.connected, f"{name} connects")

    def _hear(self, delivery: Delivery) -> None:
        self.heard.append((delivery.topic, delivery.payload))
        delivery.ack()


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Party]]:
    folder = tmp_path_factory.mktemp("acl")
    users = ("ingest", *DEVICES)
    (folder / "acl").write_text(acl_text(COUNTY, CREDENTIALS))
    (folder / "passwords").write_text("".join(password_line(name, f"pw-{name}") + "\n" for name in users))
    (folder / "passwords").chmod(0o600)
    (folder / "acl").chmod(0o600)
    conf = f"allow_anonymous false\nuser root\nacl_file {folder}/acl\npassword_file {folder}/passwords"
    with ExitStack() as stack:
        server = stack.enter_context(real_mosquitto(folder, conf))
        made = {name: Party(server, name, "#", "$SYS/#") for name in DEVICES}
        made["ingest"] = Party(server, "ingest", *topics.everything_up(COUNTY), topics.door(COUNTY))
        for party in made.values():
            stack.callback(party.link.stop)
        yield made


_address = st.sampled_from(ADDRESSES)
_stray = st.sampled_from([topics.door(COUNTY), "jc/v1/640998/door", "jc", "$SYS/broker/uptime", "a/b"])
_kind = st.sampled_from(sorted(topics.UP | topics.DOWN))


@pytest.mark.real
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sender=st.sampled_from(DEVICES), target=_address, kind=_kind, stray=st.none() | _stray)
def test_a_device_is_heard_only_under_its_own_id_and_only_upwards(
    parties: dict[str, Party], sender: str, target: topics.Address, kind: str, stray: str | None
) -> None:
    topic = stray or target.topic(kind)
    before = {name: len(party.heard) for name, party in parties.items()}
    parties[sender].link.publish(topic, b"try")
    _fence(parties, sender)
    allowed = stray is None and target.device == sender and kind in topics.UP
    news = {name: [one for one in party.heard[before[name] :] if one[1] == b"try"] for name, party in parties.items()}
    assert news.pop("ingest") == ([(topic, b"try")] if allowed else [])
    assert not any(news.values()), "another device heard it"


@pytest.mark.real
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=_address, kind=st.sampled_from(sorted(topics.DOWN)))
def test_what_the_server_sends_down_reaches_one_device_only(
    parties: dict[str, Party], target: topics.Address, kind: str
) -> None:
    before = {name: len(party.heard) for name, party in parties.items()}
    parties["ingest"].link.publish(target.topic(kind), b"down")
    _door(parties)
    for name in DEVICES:
        news = [one for one in parties[name].heard[before[name] :] if one[1] == b"down"]
        assert news == ([(target.topic(kind), b"down")] if name == target.device else [])


def _filters(mine: topics.Address) -> st.SearchStrategy[str]:
    """Filters that a curious device might try: exact ones of others, and wildcards at any level; also shared ones."""
    exact = st.builds(topics.Address.topic, _address, _kind)
    levels = st.builds(topics.Address.topic, _address, _kind).flatmap(
        lambda name: st.lists(st.booleans(), min_size=7, max_size=7).map(
            lambda wild: "/".join("+" if hide else level for level, hide in zip(name.split("/"), wild, strict=True))
        )
    )
    tails = st.sampled_from(["#", "jc/#", "jc/v1/640999/#", f"jc/v1/640999/+/+/{mine.device}/#", "+/+/+/+/#"])
    return st.one_of(exact, levels, tails).flatmap(lambda name: st.sampled_from([name, f"$share/spies/{name}"]))


@pytest.mark.real
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), spy=st.sampled_from(ADDRESSES))
def test_whatever_a_device_subscribes_to_it_hears_only_what_is_its_own(
    parties: dict[str, Party], data: st.DataObject, spy: topics.Address
) -> None:
    wanted = data.draw(st.lists(_filters(spy), min_size=1, max_size=4))
    target, kind = data.draw(_address), data.draw(_kind)
    ear = Party(parties["ingest"].server, spy.device, *wanted, topics.door(COUNTY), client=f"spy-{spy.device}")
    try:
        sender = "ingest" if kind in topics.DOWN else target.device
        parties[sender].link.publish(target.topic(kind), b"for one only")
        _fence(parties, target.device)
        wait_until(lambda: any(body == b"mark" for _, body in ear.heard), "the spy hears what all may hear")
        own = {spy.topic(each) for each in topics.DOWN} | {topics.door(COUNTY)}
        assert {name for name, _ in ear.heard} <= own
    finally:
        ear.link.stop()


@pytest.mark.real
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sender=st.sampled_from(ADDRESSES), target=_address, kind=_kind, retain=st.booleans())
def test_a_last_will_reaches_nobody_where_its_device_may_not_write(
    parties: dict[str, Party], sender: topics.Address, target: topics.Address, kind: str, retain: bool
) -> None:
    before = {name: len(party.heard) for name, party in parties.items()}
    will = Will(target.topic(kind), b"my last words", retain=retain)
    dying = Party(parties["ingest"].server, sender.device, client=f"dying-{sender.device}", will=will)
    transport = dying.link._client.socket() if dying.link._client else None
    assert transport is not None
    with socket.socket(fileno=os.dup(transport.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)  # no goodbye
    dying.link.stop()
    allowed = sender == target and kind in topics.UP
    if allowed:
        ear = parties["ingest"].heard
        wait_until(lambda: any(body == b"my last words" for _, body in ear[before["ingest"] :]), "the will is heard")
    _fence(parties, sender.device)
    heard = {
        name for name, party in parties.items() for one in party.heard[before[name] :] if one[1] == b"my last words"
    }
    assert heard == ({"ingest"} if allowed else set())


@pytest.mark.real
def test_a_stranger_and_a_wrong_password_stay_outside(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text(password_line("box-1", "right") + "\n")
    conf = f"allow_anonymous false\nuser root\npassword_file {tmp_path}/passwords"
    with real_mosquitto(tmp_path, conf) as server:
        for user in (["-u", "box-1", "-P", "right"], ["-u", "box-1", "-P", "wrong"], ["-u", "x", "-P", "right"], []):
            call = ["mosquitto_pub", "-h", server.host, "-p", str(server.port), "-t", "a", "-m", "b", *user]
            done = subprocess.run(call, capture_output=True, check=False, timeout=30)
            assert (done.returncode == 0) == ("right" in user and "box-1" in user)


@pytest.mark.parametrize("password", ["short", "密码 with space", "x" * 200])
def test_a_hash_has_the_form_mosquitto_reads(password: str) -> None:
    empty, algorithm, iterations, salt, digest = mosquitto_hash(password).split("$")
    assert (empty, algorithm, iterations) == ("", "7", "1000")
    assert (len(salt), len(digest)) == (16, 88)
    assert mosquitto_hash(password) != mosquitto_hash(password)
    assert mosquitto_hash(password, b"0" * 12) == mosquitto_hash(password, b"0" * 12)


@pytest.mark.parametrize("name", ["a\nuser b", "#", "", "a b", "x" * 65])
def test_a_name_cannot_smuggle_a_line_into_the_files(name: str) -> None:
    with pytest.raises(topics.BadTopic):
        Credential(name, ())


def test_a_credential_of_another_county_is_refused() -> None:
    with pytest.raises(topics.BadTopic, match="this ACL is of 640998"):
        acl_text("640998", CREDENTIALS)


def _fence(parties: dict[str, Party], sender: str) -> None:
    """Everything the sender said before has been routed once its own marker has come through."""
    mine = next(each for each in ADDRESSES if each.device == sender)
    ear = parties["ingest"].heard
    count = len(ear)
    parties[sender].link.publish(mine.topic("health"), b"fence")
    wait_until(lambda: any(body == b"fence" for _, body in ear[count:]), "the fence comes through")
    _door(parties)


def _door(parties: dict[str, Party]) -> None:
    counts = {name: len(parties[name].heard) for name in DEVICES}
    parties["ingest"].link.publish(topics.door(COUNTY), b"mark")
    for name, count in counts.items():
        heard = parties[name].heard
        wait_until(lambda h=heard, c=count: any(body == b"mark" for _, body in h[c:]), f"{name} hears the door")
