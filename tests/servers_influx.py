"""A real InfluxDB for tests: Debian's 1.6.7 (only ``/write``) behind an nginx that speaks ``/api/v2/write``.

The nginx checks the token, as a 1.8 or 2.x server would. Both run in a temporary folder on free ports.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.servers import HOST, accepts, end, free_port, wait_until

TOKEN = "a-token-for-tests"
BUCKET = "jingcun"

_INFLUX = """
reporting-disabled = true
bind-address = "{host}:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "{host}:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_body_buffer_size 8m; client_max_body_size 32m;
  server {{
    listen {host}:{front};
    if ($http_authorization != "Token {token}") {{ return 401 '{{"code":"unauthorized"}}'; }}
    location = /api/v2/write {{
      if ($arg_precision != "ns") {{ return 400 '{{"message":"only nanoseconds"}}'; }}
      proxy_pass http://{host}:{port}/write?db=$arg_bucket&precision=n;
    }}
    location = /query {{ proxy_pass http://{host}:{port}/query$is_args$args; }}
  }}
}}
"""


@dataclass
class Influx:
    """A running pair; ``url`` is nginx's. ``stop`` and ``start`` play an outage of the database behind it."""

    folder: Path
    url: str
    port: int
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    token: str = TOKEN
    bucket: str = BUCKET

    def start(self) -> None:
        self._run("influxd", ["-config", str(self.folder / "influxdb.conf")])
        wait_until(lambda: accepts(self.port), "InfluxDB listens")

    def stop(self) -> None:
        self._end("influxd")

    def sql(self, statement: str) -> None:
        from urllib.parse import urlencode

        body = urlencode({"q": statement}).encode()
        with urlopen(Request(f"http://{HOST}:{self.port}/query", data=body), timeout=20) as answer:
            assert answer.status == 200

    def _run(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.children[name] = subprocess.Popen(
                [_program(name), *arguments], cwd=self.folder, stdout=out, stderr=out, env=dict(os.environ)
            )

    def _end(self, name: str) -> None:
        end(self.children.pop(name, None))


@pytest.fixture
def real_influx(tmp_path: Path) -> Iterator[Influx]:
    """Start both with an empty bucket; skipped (failed when JINGCUN_REQUIRE_REAL is set) where one is missing."""
    for name in ("influxd", "nginx"):
        _program(name)
    folder = tmp_path / "influx"
    folder.mkdir()
    port, rpc, front = free_port(), free_port(), free_port()
    places = {"folder": folder, "host": HOST, "port": port, "rpc": rpc, "front": front, "token": TOKEN}
    (folder / "influxdb.conf").write_text(_INFLUX.format(**places), encoding="utf-8")
    (folder / "nginx.conf").write_text(_NGINX.format(**places), encoding="utf-8")
    pair = Influx(folder, f"http://{HOST}:{front}", port)
    try:
        pair.start()
        pair._run("nginx", ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")])
        wait_until(lambda: accepts(front), "nginx listens")
        pair.sql(f"CREATE DATABASE {BUCKET}")
        yield pair
    finally:
        for name in list(pair.children):
            pair._end(name)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        text = f"{name} is not installed; deploy/test-parts.sh installs what the tests run"
        if os.environ.get("JINGCUN_REQUIRE_REAL"):
            pytest.fail(text)
        pytest.skip(text)
    return found
