"""``jingcun evidence`` on a server's real stores: sound evidence ends with 0, touched evidence with 1 and its name."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from ingest.evidence.chain import Head
from ingest.evidence.ledger import CHAIN, Kept, Ledger
from ingest.evidence.periods import Period
from ingest.evidence.s3 import S3Settings
from ingest.evidence.wiring import heads_of, open_files
from ingest.store import Store
from jingcun import wiring
from jingcun.__main__ import app
from jingcun.settings import SettingsError, load
from tests.county.small import COUNTY
from tests.ingest.makes import NOON

run = CliRunner()
DATA = b"picture"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "server.toml"
    file.write_text(f'county = "{COUNTY}"\nfolder = "data"\n[evidence]\nquota_gb = 2\n', encoding="utf-8")
    settings = load(file)
    open_files(settings.folder / "evidence", wiring.evidence(settings)).put(NAME, DATA)
    with closing(Ledger(settings.store("inbox"), COUNTY)) as ledger:
        ledger.kept(Kept(NAME, "picture", len(DATA), {"device": "box-1", "clock": "ntp"}), NOON)
        heads_of(settings.folder / "evidence").note(ledger.head(), NOON)
    return file


def ask(config: Path, *words: str) -> Result:
    return run.invoke(app, ["evidence", *words, "-c", str(config)])


def test_sound_evidence_is_said_to_be_so(config: Path) -> None:
    said = ask(config, "verify")
    assert said.exit_code == 0
    assert "1 links, 1 files, 0 deleted by the rules" in said.output
    assert "nothing was altered or removed" in said.output
    assert ask(config, "verify", "--quick").exit_code == 0


def test_an_altered_link_is_named_first(config: Path) -> None:
    store = Store(load(config).store("inbox"))
    with store.write() as conn:
        conn.execute(CHAIN.update().values(body=sa.func.replace(CHAIN.c.body, "ntp", "rtc")))
    store.close()
    said = ask(config, "verify", "--json")
    assert said.exit_code == 1
    assert json.loads(said.output)["broken"]["n"] == 1
    assert "link 1 is the first that does not stand" in ask(config, "verify").output


def test_an_altered_file_is_found_unless_only_asked_whether_it_is_there(config: Path) -> None:
    place = load(config).folder / "evidence" / NAME[:2] / NAME
    place.write_bytes(b"forged")
    assert ask(config, "verify", "--quick").exit_code == 0
    said = ask(config, "verify")
    assert said.exit_code == 1
    assert f"{NAME}: the file does not give its hash" in said.output
    place.unlink()
    assert ask(config, "verify", "--quick").exit_code == 1


def test_a_head_that_was_written_down_elsewhere_is_compared(config: Path) -> None:
    head = json.loads(ask(config, "status", "--json").output)["head"]
    assert ask(config, "verify", "--expect", head).exit_code == 0
    assert ask(config, "verify", "--expect", str(Head(1, "ab" * 32))).exit_code == 1
    wrong = ask(config, "verify", "--expect", "12")
    assert wrong.exit_code == 2
    assert "write N:HASH" in wrong.output


def test_a_damaged_line_of_the_noted_heads_is_told(config: Path) -> None:
    with (load(config).folder / "evidence" / "chain-heads.txt").open("a") as file:
        file.write("torn\n")
    said = ask(config, "verify")
    assert said.exit_code == 1
    assert "1 lines of the noted heads cannot be read" in said.output


def test_one_file_is_told_from_its_links(config: Path) -> None:
    said = ask(config, "show", NAME)
    assert said.exit_code == 0
    assert "device=box-1" in said.output
    assert json.loads(ask(config, "show", NAME, "--json").output)["clock"] == "ntp"
    assert ask(config, "show", "0" * 64).exit_code == 1


def test_status_counts_by_class_and_prints_the_head(config: Path) -> None:
    said = json.loads(ask(config, "status", "--json").output)
    assert said["classes"] == {"picture": {"files": 1, "bytes": len(DATA)}}
    assert (said["holds"], said["quota_gb"]) == (0, 2)
    assert "head of the chain: 1:" in ask(config, "status").output


def test_the_settings_reach_the_evidence(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    (tmp_path / "key").write_text("id\nsecret\n")
    file.write_text(
        f'county = "{COUNTY}"\n[evidence]\npicture_days = 60\nquota_gb = 1.5\n'
        '[evidence.s3]\nbucket = "evidence"\nendpoint = "http://127.0.0.1:9"\nkey_file = "key"\n'
    )
    plan = wiring.evidence(load(file))
    assert plan.policy.quota == 1_500_000_000
    assert plan.policy.periods["picture"] == Period(timedelta(days=30), timedelta(days=60))
    assert plan.s3 == S3Settings("evidence", "http://127.0.0.1:9", prefix=COUNTY, key_id="id", secret="secret")
    assert "secret" not in repr(plan)
    (tmp_path / "key").write_text("alone")
    with pytest.raises(SettingsError, match="请写两行"):
        wiring.evidence(load(file))


@pytest.mark.parametrize("line", ["clip_days = 29", "picture_days = 20", "quota_gb = -1", "days = 3"])
def test_settings_that_break_the_promise_are_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "server.toml"
    file.write_text(f'county = "{COUNTY}"\n[evidence]\n{line}\n')
    with pytest.raises(SettingsError, match="evidence"):
        load(file)
