"""EMQX was never run here; what can be held against our own contract and a real PostgreSQL is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from broker import topics
from broker.acl import ITERATIONS
from broker.messages import MAX_PACKET
from county.book import CountyBook
from county.office import add_device_secret, revoke_device_secret
from tests.county.small import BOX, small_folder
from tests.ingest.makes import NOON

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "emqx"


def rules() -> list[tuple[str, str, str, list[str]]]:
    """(allow or deny, who, what, topics) of each rule."""
    text = re.sub(r"%%.*", "", (FOLDER / "acl.conf").read_text(encoding="utf-8"))
    found = re.findall(r"\{(allow|deny), (\{[^}]*\}|all)(?:, (\w+), \[(.*?)\])?\}\.", text, re.DOTALL)
    return [(verdict, who, what, re.findall(r'"([^"]+)"', names)) for verdict, who, what, names in found]


def test_a_device_has_the_rights_of_the_contract_and_no_other() -> None:
    own = "jc/v1/+/+/+/${username}/"
    devices = {what: set(names) for verdict, who, what, names in rules() if (verdict, who) == ("allow", "all")}
    assert devices == {
        "publish": {own + kind for kind in topics.UP},
        "subscribe": {own + kind for kind in topics.DOWN} | {"jc/v1/+/door"},
    }
    assert rules()[-1][:2] == ("deny", "all")


def test_the_same_limits_and_no_door_without_tls() -> None:
    text = (FOLDER / "emqx.conf").read_text(encoding="utf-8")
    assert f'max_packet_size = "{MAX_PACKET // 1024}KB"' in text
    assert f"iterations = {ITERATIONS}," in text
    for plain in ("tcp", "ws", "wss"):
        assert f"listeners.{plain}.default.enable = false" in text
    assert 'versions = ["tlsv1.3", "tlsv1.2"]' in text
    assert "no_match = deny" in text
    for file in FOLDER.iterdir():
        assert "NOT RUN" in file.read_text(encoding="utf-8"), file


@pytest.mark.real
def test_the_view_gives_what_a_password_is_checked_against_and_no_revoked_device(real_postgres: str) -> None:
    engine = sa.create_engine(real_postgres)
    with CountyBook(real_postgres) as book, engine.begin() as conn:
        book.save(small_folder(), "test", "first")
        secret = add_device_secret(book, BOX, "a", NOON)
        conn.execute(sa.text((FOLDER / "users.sql").read_text(encoding="utf-8")))
        row = conn.execute(sa.text("SELECT * FROM emqx_users")).one()
        digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), bytes(row.salt), ITERATIONS, 64)
        assert (row.username, row.password_hash) == (BOX, digest.hex())
    with CountyBook(real_postgres) as book, engine.begin() as conn:
        revoke_device_secret(book, BOX, "lost", NOON)
        assert conn.execute(sa.text("SELECT * FROM emqx_users")).all() == []
    engine.dispose()
