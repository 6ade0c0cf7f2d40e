"""The program waits for what is missing, says so, and ends with a code when the fault is its own."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from broker.link import LinkSettings
from county.book import CountyBook
from ingest.evidence.keeping import Keeping
from ingest.latest import Latest
from ingest.run import IngestSettings, run
from tests.county.small import COUNTY, small_folder
from tests.servers import free_port, wait_until


def settings(folder: Path) -> IngestSettings:
    return IngestSettings(
        county=COUNTY,
        county_url=f"sqlite:///{folder / 'county.db'}",
        inbox_url=f"sqlite:///{folder / 'inbox.db'}",
        evidence=folder / "evidence",
        series=folder / "series.db",
        link=LinkSettings("127.0.0.1", free_port(), "ingest"),
        holder="test",
    )


def load_county(folder: Path) -> None:
    with CountyBook(f"sqlite:///{folder / 'county.db'}") as book:
        book.save(small_folder(), "test", "first load")


def test_it_waits_for_a_county_and_says_so_then_works_without_a_broker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said, stop, codes = settings(tmp_path), threading.Event(), []
    with caplog.at_level(logging.INFO):
        thread = threading.Thread(target=lambda: codes.append(run(said, stop)))
        thread.start()
        try:
            wait_until(lambda: "ingest waits" in caplog.text, "the word about the missing county")
            load_county(tmp_path)
            latest = Latest(said.inbox_url)
            wait_until(lambda: latest.get("ingest", "door"), "the door's health")
            latest.close()
        finally:
            stop.set()
            thread.join(30)
    assert codes == [0]
    assert f"county {COUNTY}" in caplog.text


def test_a_fault_of_ours_ends_the_program_with_a_code_and_frees_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    load_county(tmp_path)
    monkeypatch.setattr(Keeping, "run", broken)
    stop = threading.Event()
    assert run(settings(tmp_path), stop) == 1
    assert "ingest part 'evidence' failed" in caplog.text
    caplog.clear()
    assert run(settings(tmp_path), stop) == 1  # not "waiting as standby"
