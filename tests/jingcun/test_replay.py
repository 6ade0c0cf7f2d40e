"""``jingcun replay`` on the stores of a server."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.store.book import Book
from alerts.store.queries import Reader
from broker.messages import Message
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from ingest.store import Store
from jingcun.__main__ import app
from tests.alerts.makes import T0, event, reading
from tests.county.small import BIN, COUNTY, POLICY_TOML, VILLAGE
from tests.jingcun.servers import small_server

run = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A server with a county and three messages in its inbox."""
    path, _ = small_server(tmp_path)
    with closing(Store(f"sqlite:///{tmp_path / 'var' / 'inbox.db'}")) as store:
        inbox = Inbox(store, COUNTY)
        fence = Lease(store, COUNTY).take("test", T0, timedelta(hours=1))
        assert fence is not None
        inbox.append([incoming(one) for one in (event(1), event(60, "clean"), reading(2, 92, BIN))], fence)
    return path


def incoming(message: Message) -> Incoming:
    payload = message.model_dump_json(by_alias=True).encode()
    return Incoming(message.message_id, COUNTY, VILLAGE, message.device, message.kind, message.at, message.at, payload)


def asked(config: Path, policy: str, *more: str) -> tuple[int, str]:
    tried = config.parent / "new.toml"
    tried.write_text(policy, encoding="utf-8")
    told = run.invoke(
        app, ["replay", "--config", str(config), "--from", "2026-11-21T08:00", "--to", "2026-11-22", "--policy",
              str(tried), *more],
    )  # fmt: skip
    return told.exit_code, told.output


def test_the_same_policy_makes_no_difference_and_writes_nothing(config: Path) -> None:
    code, output = asked(config, POLICY_TOML)
    assert (code, output.count("工单 2")) == (0, 2)
    assert "有差异的工单 0 张" in output
    with closing(Book(f"sqlite:///{config.parent / 'var' / 'book.db'}", COUNTY)) as book:
        assert Reader(book).recent() == []


def test_another_threshold_is_told_with_place_and_counts(config: Path) -> None:
    code, output = asked(config, POLICY_TOML + "\n[bin]\ndirty = 95\nclean = 40\n")
    assert code == 1
    assert "柳林镇 石门村 1号桶:新规则下不立案" in output
    told = json.loads(asked(config, POLICY_TOML + "\n[bin]\ndirty = 95\nclean = 40\n", "--json")[1])
    assert (told["before"]["tickets"], told["after"]["tickets"]) == (2, 1)
    assert told["differences"][0]["before"]["what"] == "bin_full"


def test_a_new_rule_is_tried_on_what_has_been(config: Path) -> None:
    rule = '[[rule]]\nname = "连看两次"\non = "event"\ncategory = "garbage"\nrepeat = 2\n'
    code, output = asked(config, POLICY_TOML + rule)
    assert code == 1
    assert "村口垃圾点:新规则下不立案" in output


@pytest.mark.parametrize(
    ("policy", "more", "words"),
    [
        ("[bin]\ndirty = 10\n", (), "limit"),
        (f'{POLICY_TOML}[[at]]\narea = "nowhere"\n', (), "unknown area 'nowhere'"),
        (POLICY_TOML, ("--from", "tomorrow"), "write times like"),
        (POLICY_TOML, ("--to", "2026-11-20"), "is not before"),
        (POLICY_TOML, ("--from", "2026-11-21T23:59"), "ask another time"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(
    config: Path, policy: str, more: tuple[str, ...], words: str
) -> None:
    code, output = asked(config, policy, *more)
    assert code == 2
    assert words in output
    assert "Traceback" not in output
