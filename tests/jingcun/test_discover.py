"""``jingcun device discover`` on a server's stores: what it prints can be pasted, and then there is nothing left."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from broker.parse import dump
from county.book import CountyBook
from county.office import load_folder
from ingest.dead_letters import DeadLetters, Refusal
from jingcun.__main__ import app
from tests.county.small import BOX, VILLAGE
from tests.ingest.makes import reading, topic
from tests.jingcun.servers import small_server

run = CliRunner()


def told(config: Path, *words: str) -> str:
    answer = run.invoke(app, ["device", "discover", "-c", str(config), *words])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_an_unregistered_bin_is_listed_with_its_line_and_gone_once_it_is_loaded(tmp_path: Path) -> None:
    config, _ = small_server(tmp_path)
    assert told(config) == ""
    said = reading(spot="new-bin")
    with closing(DeadLetters(f"sqlite:///{tmp_path / 'var' / 'inbox.db'}")) as letters:
        letters.put([Refusal("no such spot", BOX, topic("reading"), dump(said), datetime.now(UTC))])
    row = json.loads(told(config, "--json"))
    assert (row["kind"], row["id"], row["by"], row["village"], row["times"]) == ("bin", "new-bin", BOX, VILLAGE, 1)
    assert "石门村  1 refused, newest letter 1  → devices.csv: new-bin,bin,new-bin,640999101200,box-1" in told(config)
    devices = tmp_path / "county" / "devices.csv"
    devices.write_text(devices.read_text(encoding="utf-8").rstrip() + f"\n{row['add']}\n", encoding="utf-8")
    with closing(CountyBook(f"sqlite:///{tmp_path / 'var' / 'county.db'}")) as book:
        load_folder(book, tmp_path / "county", "测试", "新桶")
    assert told(config) == ""
