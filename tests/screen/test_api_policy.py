"""The policy over HTTP: a draft looked at, saved, compared and gone back from; a zip; a back-test."""

from __future__ import annotations

import io
import stat
import time
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from alerts.engine import Engine
from alerts.run import FreshCounty
from alerts.world import World
from county.book import CountyBook
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from screen.county.backtest import Task, tried
from screen.county.backtests import Backtests, Busy
from screen.county.packing import BadPack, packed, unpacked
from tests.alerts.makes import T0, FakeInbox, event
from tests.county.small import POLICY_TOML, small_folder
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.staff import Staffed
from tests.screen.test_api_office import two_townships
from tests.servers import wait_until

URL = "/api/v1/policy"
SLOWER = POLICY_TOML.replace("value = 30", "value = 45", 1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def saved(client: TestClient, text: str, after: int, reason: str = "时限放宽") -> Any:
    return client.post(URL, json={"text": text, "after": after, "reason": reason})


def seen(client: TestClient, text: str, after: int = 1) -> Any:
    return client.post(f"{URL}/outlook", json={"text": text, "after": after}).json()


def upload(client: TestClient, data: bytes, name: str = "county.zip", path: str = "/outlook", **form: Any) -> Any:
    files = {"file": (name, data, "application/zip")}
    return client.post(f"/api/v1/county/folder{path}", data={"after": 1, **form}, files=files)


def test_a_draft_is_looked_at_saved_compared_and_gone_back_from(site: Site) -> None:
    with site.signed_in() as client:
        shown = client.get(URL).json()
        assert (shown["number"], shown["text"], shown["may_edit"]) == (1, POLICY_TOML, True)
        (change,) = seen(client, SLOWER)["differences"]
        assert (change["file_name"], change["what"], change["text"]) == ("规则", "changed", "30 分钟 → 45 分钟")
        assert client.get(URL).json()["newest"] == 1, "looking saves nothing"
        assert saved(client, SLOWER, 1).json() == {"number": 2, "changed": True}
        page = client.get("/api/v1/county/revisions").json()
        assert [(one["number"], one["author"], one["reason"]) for one in page["revisions"]] == [
            (2, "admin", "时限放宽"), (1, "test", "first"),
        ]  # fmt: skip
        told = client.get("/api/v1/county/difference", params={"old": 1, "new": 2}).json()
        assert told["differences_count"] == 1
        back = client.post("/api/v1/county/revisions/1/outlook", json={"after": 2}).json()
        assert back["differences"][0]["text"] == "45 分钟 → 30 分钟"
        done = client.post("/api/v1/county/revisions/1/restore", json={"after": 2, "reason": "改错了"})
        assert done.json()["number"] == 3
        assert client.get(URL, params={"number": 2}).json()["text"] == SLOWER
    with CountyBook(site.settings.county_url) as book:
        assert book.folder(number=3) == book.folder(number=1)


@pytest.mark.parametrize(
    ("text", "line", "code", "words"),
    [
        ("a = \n", 1, "toml", "TOML"),
        (POLICY_TOML.replace('"accept"', '"sleep"', 1), 2, "policy-choice", "只能是"),
        ("strange = 1\n" + POLICY_TOML, 1, "policy-key", "不认识"),
        (POLICY_TOML.replace("30", "-1", 1), 4, "policy-above", "大于"),
        ("x = " + "[" * 5000, 0, "toml", "TOML"),
        ("x = " + "1" * 10_000, 0, "toml", "TOML"),
        ("a" + ".a" * 20_000 + " = 1", 1, "toml", "100 dots"),
        ("[[limit]]\n" * 15_000, 0, "policy-missing", "limit.1"),
        ("\x00", 1, "zero-byte", "空字节"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line_a_code_and_chinese_words(
    site: Site, text: str, line: int, code: str, words: str
) -> None:
    with site.signed_in() as client:
        problem = seen(client, text)["problems"][0]
        assert (problem["file"], problem["code"]) == ("policy.toml", code), problem
        assert words in problem["text"]
        assert line in (0, problem["line"]), problem
        refused = saved(client, text, 1)
        assert (refused.status_code, "没有保存" in refused.text) == (409, True)
        assert client.get(URL).json()["newest"] == 1


def test_giant_drafts_are_refused_at_the_door(site: Site) -> None:
    with site.signed_in() as client:
        assert client.post(URL, json={"text": "#" * 200_001, "after": 1, "reason": "x"}).status_code == 422
        assert client.post(URL, content=b" " * 5_000_001).status_code == 413
        assert saved(client, SLOWER, 1, reason="\x00").status_code == 422
        assert saved(client, SLOWER, 1, reason="").status_code == 409


def test_the_second_of_two_editors_is_told_who_was_first_and_what_differs_now(site: Site) -> None:
    with site.signed_in() as client:
        assert saved(client, SLOWER, 1).status_code == 200
        other = SLOWER.replace("45", "50")
        refused = saved(client, other, 1)
        assert (refused.status_code, "第 2 版" in refused.json()["detail"]) == (409, True)
        look = seen(client, other, 1)
        assert look["meanwhile"]["revisions"][0]["reason"] == "时限放宽"
        assert (look["base"], look["differences"][0]["text"]) == (2, "45 分钟 → 50 分钟")
        assert saved(client, other, 2).json()["number"] == 3


def test_a_county_officer_reads_the_policy_and_no_numbers_of_people_and_changes_nothing(tmp_path: Path) -> None:
    staffed = Staffed(tmp_path, two_townships())
    with CountyBook(staffed.settings.county_url) as book:
        folder = dict(book.folder())
        folder["people.csv"] = folder["people.csv"].replace(b"19900000001", b"19900000999")
        book.save(folder, "县里", "换号码")
    with staffed.signed_in("c9", "t1") as clients:
        assert clients["c9"].get(URL).json()["may_edit"] is False
        told = clients["c9"].get("/api/v1/county/difference", params={"old": 1, "new": 2}).text
        assert "电话" in told
        assert "19900000" not in told
        for path in ("/api/v1/county/revisions/1/restore", URL, f"{URL}/backtest"):
            assert clients["c9"].post(path, json={"text": "", "after": 1}).status_code == 403
        assert clients["c9"].get("/api/v1/county/folder.zip").status_code == 403
        assert clients["t1"].get(URL).status_code == 403
    staffed.close()


def test_the_files_come_down_as_a_zip_and_go_up_again_changed(site: Site) -> None:
    with site.signed_in() as client:
        answer = client.get("/api/v1/county/folder.zip")
        folder = dict(unpacked(answer.content))
        with CountyBook(site.settings.county_url) as book:
            assert folder == book.folder()
        folder["policy.toml"] = SLOWER.encode()
        assert upload(client, packed(folder)).json()["differences_count"] == 1
        assert upload(client, packed(folder), path="", reason="离线改").json()["number"] == 2
        single = folder["people.csv"].replace("马村官".encode(), "马新官".encode())
        look = upload(client, single, name="people.csv", after=2).json()
        assert [(one["file"], one["what"]) for one in look["differences"]] == [("people.csv", "changed")]
        gbk = upload(client, "id,姓名".encode("gbk"), name="people.csv", after=2).json()
        assert gbk["problems"][0]["code"] == "encoding"
        assert upload(client, packed({"people.csv": single}), after=2).json()["problems"][0]["code"] == "file-missing"


def pack(*entries: tuple[str, bytes], mode: int = 0o644) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            made.writestr(info, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pack(("../people.csv", b"x")), "路径"),
        (pack(("/people.csv", b"x")), "路径"),
        (pack(("a\\..\\people.csv", b"x")), "路径"),
        (pack(("a/b/people.csv", b"x")), "路径"),
        (pack(("people.csv", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "链接"),
        (pack(("people.csv", b"0" * 20_000_001)), "太大"),
        (pack(("people.csv", b"x"), ("a/people.csv", b"y")), "两个"),
        (pack(("run.exe", b"x")), "不是县资料"),
        (pack(*((f"{n}.csv", b"") for n in range(101))), "最多"),
        (pack(), "没有县资料"),
        (b"PK\x03\x04 no zip", "zip"),
        (b"", "zip"),
        (pack(("people.csv", b"x" * 1000))[:-40], "zip"),
    ],
)  # fmt: skip
def test_hostile_packs_are_refused_in_plain_words(data: bytes, words: str) -> None:
    with pytest.raises(BadPack, match=words):
        unpacked(data)


def test_a_pack_from_a_mac_or_in_one_folder_is_taken() -> None:
    data = pack(("640999/people.csv", b"x"), ("__MACOSX/640999/._people.csv", b"y"), ("640999/.DS_Store", b"z"))
    assert unpacked(data) == {"people.csv": b"x"}


def test_a_hostile_upload_changes_nothing(site: Site) -> None:
    with site.signed_in() as client:
        answer = upload(client, pack(("../../etc/people.csv", b"x")), path="", reason="x")
        assert (answer.status_code, "路径" in answer.json()["detail"]) == (409, True)
        assert upload(client, small_folder()["people.csv"], name="../people.csv").status_code == 409
        assert client.get(URL).json()["newest"] == 1


def task(folder: dict[str, bytes], url: str = "sqlite://") -> Task:
    before = small_folder()
    return Task(url, "640999", before, {**before, **folder}, T0 - timedelta(hours=1), T0 + timedelta(hours=6))


def test_a_back_test_counts_alarms_tickets_merges_and_reduction_on_both_sides() -> None:
    inbox = FakeInbox()
    inbox.add(*(event(minute) for minute in (0, 20, 40)))
    told: list[float] = []
    shown = tried(task({"policy.toml": SLOWER.encode()}), inbox, told.append)
    assert (shown["before"]["messages"], shown["before"]["tickets"]) == (3, 1)
    assert shown["before"]["reduction"] == pytest.approx(2 / 3)
    assert shown["after"]["merges"] == shown["after"]["alarms"] - shown["after"]["tickets"]
    assert told == sorted(told)


def stay(_task: Task, out: Connection) -> None:
    out.send(("progress", 0.25))
    time.sleep(60)


def die(_task: Task, _out: Connection) -> None:
    raise SystemExit(3)


def test_one_back_test_runs_at_a_time_and_can_be_ended() -> None:
    bench = Backtests(run=stay)
    bench.start(task({}), "admin", 7)
    with pytest.raises(Busy, match="一次只能跑一个"):
        bench.start(task({}), "other", 7)
    wait_until(lambda: bench.shown().progress == 0.25, "a quarter")
    assert bench.cancel().state == "cancelled"
    assert bench.start(task({}), "other", 7).state == "running"
    bench.close()


def test_a_back_test_that_dies_or_takes_too_long_says_so() -> None:
    for bench, words in ((Backtests(run=die), "中途结束"), (Backtests(run=stay, longest_s=0.1), "太久")):
        bench.start(task({}), "admin", 7)
        wait_until(lambda bench=bench: bench.shown().state == "failed", "its end")
        assert words in bench.shown().words
        bench.close()


def test_a_back_test_decides_the_messages_of_the_real_inbox_and_writes_nothing(site: Site) -> None:
    arrived = FakeInbox()
    arrived.add(*(event(minute) for minute in (-100, -80, -60)))
    rows = [Incoming(*(getattr(one, name.name) for name in fields(Incoming))) for one in arrived.rows]
    inbox = Inbox(site.settings.inbox_url, "640999")
    fence = Lease(site.settings.inbox_url, "640999").take("test", site.now)
    assert fence is not None
    inbox.append([replace(one, county="640999") for one in rows], fence)
    inbox.close()
    with site.signed_in() as client:
        assert client.post(f"{URL}/backtest", json={"text": SLOWER, "days": 1}).json()["state"] == "running"
        again = client.post(f"{URL}/backtest", json={"text": SLOWER, "days": 1})
        assert (again.status_code, "一次只能跑一个" in again.text) == (409, True)
        wait_until(lambda: client.get(f"{URL}/backtest").json()["state"] != "running", "its end")
        ended = client.get(f"{URL}/backtest").json()
    assert (ended["state"], ended["progress"]) == ("done", 1.0), ended
    assert (ended["before"]["messages"], ended["before"]["tickets"]) == (3, 1)
    assert ended["before"]["reduction"] == pytest.approx(2 / 3)
    assert site.reader.recent(5) == [], "the county's own book is untouched"


def test_a_policy_saved_here_is_what_the_running_engine_decides_by(site: Site) -> None:
    with CountyBook(site.settings.county_url) as registry, site.signed_in() as client:
        county = FreshCounty(registry, "640999")
        world = World(county, lambda: site.now)
        arrived = FakeInbox()
        engine = Engine(site.book, arrived, world)
        saved(client, SLOWER, 1)
        wait_until(lambda: county().revision == 2, "the engine's county")
        arrived.add(event(0))
        engine.step()
        line = site.reader.ticket(site.reader.recent(1)[0].id)
    assert line is not None
    assert line.due_at == site.now + timedelta(minutes=45)


def test_a_back_test_over_http_runs_beside_the_server(site: Site) -> None:
    with site.signed_in() as client:
        assert client.get(f"{URL}/backtest").json()["state"] == "none"
        refused = client.post(f"{URL}/backtest", json={"text": "x", "days": 7})
        assert (refused.status_code, "不能回放" in refused.text) == (409, True)
        assert client.post(f"{URL}/backtest", json={"text": SLOWER, "days": 7}).json()["state"] == "running"
        assert client.get(URL).status_code == 200
        wait_until(lambda: client.get(f"{URL}/backtest").json()["state"] != "running", "its end")
        ended = client.get(f"{URL}/backtest").json()
        assert (ended["state"], "没有收到过消息" in ended["words"]) == ("failed", True), ended
        assert client.post(f"{URL}/backtest/cancel", json={}).json()["state"] == "failed"
