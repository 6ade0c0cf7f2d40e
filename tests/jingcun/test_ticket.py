"""``jingcun ticket notice`` on the stores of a server."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader
from typer.testing import CliRunner

from alerts.alarms import rules
from alerts.papers.tables import PAPERS
from alerts.store.book import Book
from broker.messages import Event
from jingcun.__main__ import app
from tests.alerts.makes import event
from tests.alerts.paper_cases import photo
from tests.county.small import COUNTY
from tests.jingcun.servers import small_server

run = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a server with one ticket whose picture is a real one."""
    path, county = small_server(tmp_path)
    picture = photo()
    sha256 = hashlib.sha256(picture).hexdigest()
    kept = tmp_path / "var" / "evidence" / sha256[:2] / sha256
    kept.parent.mkdir(parents=True)
    kept.write_bytes(picture)
    now = datetime.now(UTC)
    seen: Event = event(0, picture=sha256).model_copy(update={"at": now})
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book, book.writing() as pen:
        known = pen.known(county.spots[0], seen.what)
        pen.apply(rules.decide(known, seen, county, now), "test", now)
    return path


def number_of(config: Path) -> str:
    said = run.invoke(app, ["ticket", "notice", "GD-0", "--out", "x.pdf", "-c", str(config)])
    assert "GD-0: no such ticket" in said.output
    return f"GD-{datetime.now(UTC) + timedelta(hours=8):%m%d}-0001"


def notice(config: Path, *more: str) -> tuple[int, str]:
    """Exit code and what was said, error lines included."""
    said = run.invoke(app, ["ticket", "notice", number_of(config), *more, "-c", str(config)])
    return said.exit_code, said.output + str(said.exception or "")


def test_a_notice_that_cannot_be_written_is_one_line(config: Path, tmp_path: Path) -> None:
    code, said = notice(config, "--as", "t1", "--out", str(tmp_path / "nowhere" / "notice.html"))
    assert (code, "nowhere" in said, "Traceback" in said) == (2, True, False), said


def test_a_notice_is_issued_once_and_written_in_each_form(config: Path, tmp_path: Path) -> None:
    for ending in ("html", "pdf", "docx"):
        out = tmp_path / f"notice.{ending}"
        code, said = notice(config, "--as", "t1", "--out", str(out), "--json")
        assert code == 0, said
        told = json.loads(said)
        assert (told["number"], told["person"], told["issuer"]) == (
            f"青环整〔{datetime.now(UTC) + timedelta(hours=8):%Y}〕1号", "马村官", "田乡官",
        )  # fmt: skip
        assert told["standing"] == "整改期限内"
    text = (tmp_path / "notice.html").read_text(encoding="utf-8")
    assert "马村官" in text
    assert "data:image/jpeg;base64," in text
    assert "马村官" in "".join(PdfReader(tmp_path / "notice.pdf").pages[0].extract_text().split())
    assert len(Document(BytesIO((tmp_path / "notice.docx").read_bytes())).inline_shapes) == 1
    code, said = notice(config, "--out", str(tmp_path / "again.html"))
    assert (code, "1号 马村官 整改期限内" in said) == (0, True), "printed again without a signature"
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book, book.store.read() as conn:
        assert len(conn.execute(PAPERS.select()).all()) == 1


def test_a_deadline_of_ones_own_is_in_county_time(config: Path, tmp_path: Path) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    code, said = notice(config, "--as", "t1", "--due", f"{day}T18:00:00", "--out", str(tmp_path / "n.html"), "--json")
    assert code == 0, said
    assert datetime.fromisoformat(json.loads(said)["due_at"]) == datetime.fromisoformat(f"{day}T18:00:00+08:00")
    assert "18时00分前" in (tmp_path / "n.html").read_text(encoding="utf-8")


def test_what_cannot_be_done_is_named_and_writes_no_file(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "n.pdf"
    for more, words in (
        (["--out", str(out)], "name who signs with --as"),
        (["--as", "v1", "--out", str(out)], "不能签发整改通知书"),
        (["--as", "t1", "--due", "2020-01-01", "--out", str(out)], "整改期限已经过去"),
        (["--as", "t1", "--out", str(tmp_path / "n.txt")], "name the file so"),
    ):
        code, said = notice(config, *more)
        assert code != 0
        assert words in said
    assert not out.exists()


def test_a_county_names_its_fonts_in_the_settings_and_a_wrong_one_is_named(config: Path, tmp_path: Path) -> None:
    from pylopdf_fonts_zh_cn import sans_path

    (tmp_path / "own.otf").write_bytes(sans_path().read_bytes())
    settings = config.read_text(encoding="utf-8")
    config.write_text(settings + '[papers]\nbody_font = "own.otf"\ntitle_font = "own.otf"\n', encoding="utf-8")
    out = tmp_path / "n.pdf"
    assert notice(config, "--as", "t1", "--out", str(out))[0] == 0
    fonts = PdfReader(out).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert all("NotoSans" in font.get_object()["/BaseFont"] for font in fonts)
    config.write_text(settings + '[papers]\nbody_font = "server.toml"\n', encoding="utf-8")
    code, said = notice(config, "--out", str(out))
    assert code != 0
    assert "server.toml: no font that can be used" in said
