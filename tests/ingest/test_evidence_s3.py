"""The bucket behaves as the folder does, against a server that speaks S3 (moto's, a stand-in for the real clouds)."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from ingest.evidence import Evidence, Shelf
from ingest.evidence.files import EvidenceAway
from ingest.evidence.holds import Hold, HoldBook
from ingest.evidence.keeper import Heads, Keeper
from ingest.evidence.ledger import Ledger
from ingest.evidence.periods import Policy
from ingest.evidence.s3 import Bucket, S3Settings
from ingest.evidence.verify import verify
from ingest.store import Store
from tests.county.small import COUNTY
from tests.ingest.makes import NOON
from tests.ingest.test_evidence import Trusting, chunks

DATA = b"picture" * 10_000
NAME = hashlib.sha256(DATA).hexdigest()
DAY = timedelta(days=1)


@dataclass
class S3:
    """A running server with one empty bucket."""

    server: Any
    settings: S3Settings

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    for name in ("obstore", "moto", "flask"):
        if importlib.util.find_spec(name) is None:
            text = f"{name} is not installed; install the extras s3 and dev"
            if os.environ.get("JINGCUN_REQUIRE_REAL"):
                pytest.fail(text)
            pytest.skip(text)
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with urlopen(Request(f"{address}/evidence", method="PUT"), timeout=20) as answer:
        assert answer.status == 200
    made = S3(
        server, S3Settings("evidence", address, prefix=COUNTY, key_id="k", secret="s", timeout=timedelta(seconds=2))
    )
    try:
        yield made
    finally:
        urlopen(Request(f"{address}/moto-api/reset", method="POST"), timeout=20).close()
        server.stop()


@pytest.fixture
def bucket(s3: S3, tmp_path: Path) -> Bucket:
    return Bucket(s3.settings, tmp_path / "cache")


def test_what_was_put_comes_back_and_goes(bucket: Bucket) -> None:
    assert (bucket.has(NAME), bucket.path(NAME)) == (False, None)
    bucket.put(NAME, DATA)
    bucket.put(NAME, DATA)
    place = bucket.path(NAME)
    assert place is not None
    assert place.read_bytes() == DATA
    assert [(one.sha256, one.size) for one in bucket.list()] == [(NAME, len(DATA))]
    assert all(abs(one.at - datetime.now(UTC)) < DAY for one in bucket.list())
    bucket.delete(NAME)
    bucket.delete(NAME)
    assert (bucket.has(NAME), bucket.path(NAME), list(bucket.list())) == (False, None, [])


def test_two_counties_in_one_bucket_do_not_see_each_other(s3: S3, bucket: Bucket, tmp_path: Path) -> None:
    other = Bucket(replace(s3.settings, prefix="640998"), tmp_path / "other")
    bucket.put(NAME, DATA)
    assert (other.has(NAME), list(other.list())) == (False, [])


def test_what_was_altered_in_the_bucket_is_never_handed_out(bucket: Bucket) -> None:
    bucket.put(NAME, b"forged")
    with pytest.raises(EvidenceAway, match="altered there"):
        bucket.path(NAME)


def test_copies_on_this_machine_stay_few(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.evidence.s3.CACHED", 3)
    for number in range(6):
        data = bytes([number])
        name = hashlib.sha256(data).hexdigest()
        bucket.put(name, data)
        assert bucket.path(name) is not None
    assert len(list(bucket._cache.iterdir())) == 3


def test_a_bucket_that_is_away_or_unknown_is_named_and_shuts_the_door(s3: S3, bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(EvidenceAway, match="bucket cannot be used"):
        Bucket(replace(s3.settings, bucket="nothing-here"), tmp_path / "c").put(NAME, DATA)
    away = Bucket(replace(s3.settings, endpoint="http://127.0.0.1:9"), tmp_path / "d")
    evidence = Evidence(tmp_path / "evidence", Trusting(), shelf=Shelf(away))
    with pytest.raises(EvidenceAway, match="bucket cannot be used"):
        evidence.chunk(chunks(b"x")[0])


def test_chunks_reach_the_bucket_are_held_let_go_and_verified(bucket: Bucket, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    ledger, root = Ledger(store, COUNTY), tmp_path / "evidence"
    evidence = Evidence(root, Trusting(), shelf=Shelf(bucket, ledger, now=lambda: NOON))
    keeper = Keeper(ledger, bucket, Policy(), root / "heads.txt")
    names = []
    for data in (DATA, b"second" * 10_000):
        parts = chunks(data)
        found = [evidence.chunk(part) for part in parts][-1]
        assert found is not None
        assert found.read_bytes() == data
        names.append(parts[0].sha256)
    HoldBook(store, COUNTY).hold(Hold(id=uuid4(), ticket=uuid4(), at=NOON, sha256=names[0]))
    assert keeper.round(NOON + 90 * DAY).gone == 1
    assert [bucket.has(name) for name in names] == [True, False]
    verdict = verify(ledger, bucket, Heads(root / "heads.txt").read()[0])
    assert (verdict.sound, verdict.files, verdict.deleted) == (True, 1, 1)
    store.close()


def test_without_its_library_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(EvidenceAway, match="extra s3"):
        Bucket(S3Settings("evidence"), tmp_path)
