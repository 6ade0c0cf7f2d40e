"""What the wall shows, and how it hears of changes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from alerts.channels import Answer, Result, Trouble
from alerts.notices import trouble_book
from county.policy.equipment import Fault
from county.qingluan import qingluan
from ingest.dead_letters import Refusal
from screen import shapes
from screen.app import serve
from screen.wall import composed as wall
from screen.wall import looks
from screen.wall.live import Broadcast
from screen.wall.mailbox import encode, frame
from tests.alerts.makes import T0, event
from tests.county.small import BIN, CAMERA, COUNTY, TOWNSHIP
from tests.screen.contract import told as openapi
from tests.screen.site import Site
from tests.servers import wait_until

SHA = "a" * 64


def test_an_empty_county_shows_zeros_where_counted_and_nothing_where_not_measured(site: Site) -> None:
    with site.signed_in() as client:
        shown = shapes.Wall.model_validate(client.get("/api/v1/wall").json())
    assert (shown.county.name, shown.county.townships, shown.county.villages) == ("青峦县", 1, 2)
    assert (shown.kpi.today, shown.kpi.waiting_longest_min, shown.kpi.on_time_percent) == (0, None, None)
    assert (shown.links.boxes_online, shown.links.boxes, shown.links.channel) == (0, 1, "down")
    assert shown.links.latency_s is None
    assert (shown.live, shown.snapshot, shown.bins.series, shown.rendered) == ([], None, [], False)
    assert (shown.devices.bins, shown.devices.bins_silent) == (1, 1)
    assert len(shown.trend.hours) == len(shown.trend.closed) == 24


def test_what_is_wrong_with_a_channel_s_account_stands_there_until_letters_go_again(site: Site) -> None:
    broke = Answer(Result.FAILED, words="请充值(isv.OUT_OF_SERVICE)", trouble=Trouble.BALANCE)
    for answer, words in ((broke, ["通知通道sms余额不足,自10:00,已失败1条"]), (Answer(Result.ACCEPTED), [])):
        with site.book.writing() as pen:
            trouble_book.note(pen, "sms", answer, site.now)
        with site.client(host="127.0.0.1", open_wall=True) as client:
            shown = shapes.Wall.model_validate(client.get("/api/v1/wall").json())
        assert [one.words for one in shown.links.troubles] == words


def test_an_auditor_that_has_not_looked_for_too_long_is_told_as_a_silent_engine(site: Site) -> None:
    site.alive()
    for minutes, engine in ((0, "ok"), (5, "ok"), (5.1, "silent")):
        site.now = T0 + timedelta(minutes=minutes)
        with site.client(host="127.0.0.1", open_wall=True) as client:
            assert client.get("/api/v1/wall").json()["links"]["engine"] == engine


def test_the_wall_shows_what_happened(site: Site) -> None:
    site.ticket(picture=SHA)
    site.now += timedelta(minutes=5)
    site.alive()
    site.fill(15, 30, 45, 60)
    strangers = [Refusal("garbled", "stranger", "t", b"%d" % n, site.now) for n in range(3)]
    others = [Refusal("garbled", "box-1", "t", b"x", site.now), Refusal("no topic", "", "", b"x", site.now)]
    site.letters.put([*others, *strangers])
    with site.signed_in() as client:
        shown = shapes.Wall.model_validate(client.get("/api/v1/wall").json())
    assert (shown.kpi.today, shown.kpi.waiting, shown.kpi.waiting_longest_min) == (1, 1, 5)
    assert shown.links == shapes.Links(boxes_online=1, boxes=1, channel="ok", latency_s=2.0)
    row = shown.live[0]
    assert (row.what_name, row.state_name, row.severity) == ("暴露垃圾", "已派遣(待接单)", "major")
    assert row.place == "柳林镇 石门村 村口垃圾点"
    assert [(one.code, one.open, one.worst) for one in shown.map.townships] == [(TOWNSHIP, 1, "major")]
    assert shown.map.alarms[0].ticket == row.ticket
    assert [(one.id, one.online) for one in shown.map.cameras] == [(CAMERA, True)]
    assert [(one.id, one.fill, one.tone) for one in shown.map.bins] == [(BIN, 60.0, "plain")]
    assert shown.snapshot is not None
    assert (shown.snapshot.sha256, shown.snapshot.device, len(shown.snapshot.boxes)) == (SHA, "村口摄像机", 1)
    assert shown.devices == shapes.Devices(
        cameras=1, cameras_online=1, cameras_unknown=1, bins=1, bins_silent=0, dead_letters=5, refused=[
            shapes.Refused(device="stranger", name="stranger", letters=3),
            shapes.Refused(device="", name="来源不明", letters=1),
            shapes.Refused(device="box-1", name="石门村盒子", letters=1),
        ], tickets=0, tickets_overdue=0,
    )  # fmt: skip
    soon = shown.bins.soon[0]
    assert (soon.earliest_min, soon.eta_min, soon.latest_min, soon.tone) == (120, 120, 120, "plain")
    assert shown.bins.series[0].points[-1] == (site.now, 60.0)
    assert (shown.funnel.alarms, shown.funnel.dispatched, shown.ladder.village.open) == (1, 1, 1)
    assert [one.count for one in shown.categories] == [1]


def test_a_silent_box_is_not_online_and_a_shut_door_is_told(site: Site) -> None:
    site.alive()
    site.now += site.county.policy.equipment.limit(Fault.BOX_SILENT) + timedelta(seconds=1)
    with site.signed_in() as client:
        shown = client.get("/api/v1/wall").json()
    assert (shown["links"]["boxes_online"], shown["devices"]["cameras_online"]) == (0, 0)
    assert shown["links"]["channel"] == "down"


def test_one_ticket_in_detail_has_no_acts_and_no_full_number(site: Site) -> None:
    ticket = site.ticket()
    with site.signed_in() as client:
        answer = client.get(f"/api/v1/tickets/{ticket}")
        assert answer.json()["ticket"] == str(ticket)
        assert "acts" not in answer.json()
        assert "19900000001" not in answer.text
        assert client.get(f"/api/v1/tickets/{UUID(int=0)}").status_code == 404
        assert client.get("/api/v1/tickets/1").status_code == 422


def test_the_map_has_the_outlines_with_their_levels(site: Site) -> None:
    with site.signed_in() as client:
        told = client.get("/api/v1/geo").json()
    assert told["type"] == "FeatureCollection"
    assert [one["properties"] for one in told["features"]] == [
        {"code": COUNTY, "name": "青峦县", "level": "county"},
        {"code": TOWNSHIP, "name": "柳林镇", "level": "township"},
    ]


def test_the_map_of_the_county_that_ships_has_every_village_as_a_point() -> None:
    told = looks.geo_of(qingluan())["features"]
    points = [one for one in told if one["geometry"]["type"] == "Point"]
    assert len(points) == 259
    assert all(one["properties"]["township"] == one["properties"]["code"][:9] for one in points)


def test_hostile_bytes_of_a_device_come_back_as_data(site: Site) -> None:
    hostile = b"<script>alert(1)</script>\xff\x00"
    site.letters.put([Refusal("<b>bad</b>", "box-1", "jc/<i>", hostile, site.now)])
    with site.signed_in() as client:
        listed = client.get("/api/v1/dead-letters")
        assert listed.headers["content-type"] == "application/json"
        letter = listed.json()[0]
        assert (letter["reason"], letter["topic"], letter["text"]) == ("<b>bad</b>", "jc/<i>", None)
        one = client.get(f"/api/v1/dead-letters/{letter['id']}").json()
        assert one["text"].startswith("<script>alert(1)</script>")
        asked = client.post(f"/api/v1/dead-letters/{letter['id']}/replay", json={"payload": "{}"})
        assert (asked.status_code, asked.json()["replay_result"]) == (202, None)
        site.letters.answer(lambda _topic, payload, _correlation: payload.decode(), site.now)
        assert client.get(f"/api/v1/dead-letters/{letter['id']}").json()["replay_result"] == "{}"
        assert client.get("/api/v1/dead-letters/999").json()["detail"] == "没有编号为 999 的死信"
        assert client.post("/api/v1/dead-letters/999/replay", json={}).status_code == 404
        assert client.get("/api/v1/dead-letters/" + "9" * 30).status_code == 422


def test_the_wall_is_composed_again_only_when_something_changed(site: Site) -> None:
    with site.client() as client:
        broadcast: Broadcast = client.wired.state.broadcast
        first = broadcast.wall()
        assert broadcast.wall() is first, "at most every two seconds"
        site.ticket()
        wait_until(lambda: b"GD-" in broadcast.wall(), "the change is seen")


def test_frames_are_one_line_of_json() -> None:
    assert frame("alarm", {"a": "乙\n"}) == 'event: alarm\ndata: {"a":"乙\\n"}\n\n'.encode()
    assert encode({"a": 1}) == b'{"a":1}'


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The real server on a real port, with an open wall."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, open_wall=True, secure_cookies=False)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen says that it listens")
    assert "首次口令" in said[0]
    assert _answers(port)
    yield said[1]
    stop.set()
    thread.join(20)
    assert not thread.is_alive(), "the server ends although a page still listens"


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def test_a_page_hears_of_a_new_alarm_and_then_of_the_wall(site: Site, address: str) -> None:
    site.now = T0
    with httpx.stream("GET", f"{address}api/v1/events", timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "default-src 'none'" in stream.headers["content-security-policy"]
        lines = (line for line in stream.iter_lines() if line.startswith(("event", "data")))
        assert next(lines) == "event: wall"
        assert json.loads(next(lines)[6:])["live"] == []
        site.happen(event(0))
        assert next(lines) == "event: alarm"
        assert json.loads(next(lines)[6:])["what_name"] == "暴露垃圾"
        assert next(lines) == "event: wall"
        assert len(json.loads(next(lines)[6:])["live"]) == 1


def test_the_openapi_document_describes_every_route_with_examples() -> None:
    told = openapi()
    assert {"/api/v1/wall", "/api/v1/desk/{code}/{act}", "/api/v1/login", "/healthz"} <= set(told["paths"])
    assert told["components"]["schemas"]["DeskShown"]["properties"]["acts"]
    assert told["components"]["schemas"]["DeskBody"]["examples"]
    for path, operations in told["paths"].items():
        for operation in operations.values():
            assert operation.get("summary"), path


@pytest.mark.parametrize(
    ("percents", "minutes"),
    [
        ([15, 30, 45, 60], 120), ([60, 60, 60, 60], None), ([60], None), ([80, 95], 0),
        ([80, 90, 10, 20, 30, 40], 300), ([50, 49, 48, 47], None),
    ],
)  # fmt: skip
def test_a_bin_is_full_when_its_line_says_so(site: Site, percents: list[float], minutes: int | None) -> None:
    site.fill(*percents)
    with site.client() as client:
        shown = wall.compose(wall.gather(client.wired.state.rooms))
    assert [one.eta_min for one in shown.bins.soon] == ([] if minutes is None else [minutes])


def test_composing_is_pure(site: Site) -> None:
    with site.client() as client:
        facts = wall.gather(client.wired.state.rooms)
    assert wall.compose(facts) == wall.compose(facts)
