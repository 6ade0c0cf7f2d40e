"""A whole county's server on the province's PostgreSQL: it works in its schema, within the connections of its role.

Run with ``-s`` it prints what bench/scale.py reckons with: the server's memory and its connections.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa

from tests.deploy.composed import PROVINCE
from tests.deploy.test_province import as_county, psql
from tests.jingcun.test_county_server import PATIENCE_S, answers, box_toml, mosquitto, server_toml, start, tickets
from tests.servers import Mosquitto, wait_until
from tests.servers_postgres import real_postgres as empty_database

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]
__all__ = ["empty_database", "mosquitto", "server_toml"]  # fixtures
COUNTY = "640999"
READERS = 30


@pytest.fixture
def real_postgres(empty_database: str) -> str:
    """What the county's settings get in the place of a database of its own: its role in the province's."""
    url = sa.make_url(empty_database)
    psql(url, "county.sql", f"\\set county {COUNTY}\n\\set password unused\n")
    return as_county(url, COUNTY)


def test_a_county_works_in_its_schema_within_the_connections_of_its_role(
    tmp_path: Path, server_toml: Path, mosquitto: Mosquitto, empty_database: str
) -> None:
    log = tmp_path / "server.log"
    with ExitStack() as stack:
        server = start(stack, log, "server", "--config", str(server_toml))
        start(stack, tmp_path / "box.log", "edge", "--config", str(box_toml(tmp_path, mosquitto.port)))
        url = re.search(r'base_url = "([^"]+)"', server_toml.read_text(encoding="utf-8"))
        assert url is not None
        wait_until(lambda: "首次口令" in log.read_text("utf-8"), "the server is up", PATIENCE_S)
        password = re.search(r"首次口令 (\S+?)（", log.read_text("utf-8"))
        assert password is not None
        web = stack.enter_context(httpx.Client(base_url=url[1], timeout=60))
        wait_until(lambda: answers(web), "the screen answers", PATIENCE_S)
        web.post("/api/v1/login", json={"name": "admin", "password": password[1]}).raise_for_status()
        wait_until(lambda: tickets(web), "a ticket", PATIENCE_S)
        with ThreadPoolExecutor(READERS) as readers:
            walls = list(readers.map(lambda _: web.get("/api/v1/wall").status_code, range(4 * READERS)))
        held = connections(empty_database)
        memory = sum(one.memory_full_info().pss for one in family(server.pid)) / 1e6
        members = len(family(server.pid))
    print(f"\none county's server: {held} connections, {memory:.0f} MB in {members} processes")
    assert set(walls) == {200}
    limit = re.search(r"CONNECTION LIMIT (\d+)", (PROVINCE / "county.sql").read_text(encoding="utf-8"))
    assert limit is not None
    assert 4 <= held <= int(limit[1]) // 2, "server and standby must both find room"
    assert 0 < memory < 800
    assert "Traceback" not in log.read_text("utf-8")


def connections(database: str) -> int:
    engine = sa.create_engine(database)
    with engine.connect() as conn:
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = :role"
        found = int(conn.scalar(sa.text(query), {"role": f"county_{COUNTY}"}) or 0)
    engine.dispose()
    return found


def family(pid: int) -> list[psutil.Process]:
    assert pid != os.getpid()
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
