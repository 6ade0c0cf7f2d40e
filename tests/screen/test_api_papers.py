"""The rectification notice over HTTP: issued, listed and fetched by who is signed in, and by nobody else."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from urllib.parse import unquote
from uuid import uuid4

import pytest
from docx import Document
from pypdf import PdfReader

from alerts.papers import html
from alerts.papers.shelf import Shelf
from alerts.store.book import Conflict
from ingest.evidence import Evidence, EvidenceAway
from tests.alerts.makes import at
from tests.alerts.paper_cases import photo
from tests.screen.site import Site

PICTURE = photo()
SHA = hashlib.sha256(PICTURE).hexdigest()


def test_a_notice_is_issued_listed_and_fetched_in_three_forms(site: Site) -> None:
    site.evidence(SHA, PICTURE)
    ticket = site.ticket(picture=SHA)
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        assert client.get(where).json() == []
        assert client.get(f"{where}.pdf").json()["detail"] == "这张工单还没有整改通知书"
        made = client.post(where, json={"by": "t1"})
        assert made.status_code == 200
        shown = made.json()
        assert (shown["number"], shown["person"], shown["issuer"], shown["standing"]) == (
            "青环整〔2026〕1号", "马村官", "田乡官", "整改期限内",
        )  # fmt: skip
        assert client.post(where, json={"by": "t1"}).json() == shown, "the same deadline, the same paper"
        assert client.get(where).json() == [shown]

        page = client.get(f"{where}.html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"] == f"{html.POLICY}; frame-ancestors 'none'"
        assert page.headers["cache-control"] == "no-store"
        assert "data:image/jpeg;base64," in page.text
        pdf = client.get(f"{where}.pdf")
        assert "attachment" in pdf.headers["content-disposition"]
        assert unquote(pdf.headers["content-disposition"]).endswith("整改通知书青环整〔2026〕1号.pdf")
        text = "".join(PdfReader(BytesIO(pdf.content)).pages[0].extract_text().split())
        for words in ("马村官", "2026年11月21日11时00分", "石门村村口垃圾点"):
            assert words in text
            assert words in page.text
        docx = Document(BytesIO(client.get(f"{where}.docx").content))
        assert len(docx.inline_shapes) == 1


def test_a_second_after_the_deadline_list_and_page_say_late(site: Site) -> None:
    ticket = site.ticket()
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        client.post(where, json={"by": "t1"})
        site.now = at(60)
        assert client.get(where).json()[0]["standing"] == "整改期限内"
        site.now = at(60) + timedelta(seconds=1)
        assert client.get(where).json()[0]["standing"] == "超期"
        assert "办理状态：超期" in client.get(f"{where}.html").text


def test_an_earlier_paper_is_fetched_by_its_id(site: Site) -> None:
    ticket = site.ticket()
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        first = client.post(where, json={"by": "t1"}).json()
        site.now = at(1)
        second = client.post(where, json={"by": "t1", "due_at": "2026-11-28T18:00:00+08:00"}).json()
        assert second["number"] == "青环整〔2026〕2号"
        assert "2026年11月28日18时00分前" in client.get(f"{where}.html").text
        assert "〕1号" in client.get(f"{where}.html", params={"paper": first["id"]}).text
        other = client.get(f"{where}.html", params={"paper": str(uuid4())})
        assert (other.status_code, other.json()["detail"]) == (404, "这张工单没有这份整改通知书")


def test_refusals_are_said_in_chinese_and_write_nothing(site: Site) -> None:
    ticket = site.ticket()
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        for body, status, words in (
            ({"by": "c1"}, 403, "只能以本人的名义"),
            ({"by": "nobody"}, 403, "只能以本人的名义"),
            ({"by": "t1", "due_at": "2020-01-01T00:00:00Z"}, 409, "整改期限已经过去"),
            ({"by": "t1", "due_at": "9999-12-31T23:59:59Z"}, 409, "最长一年"),
            ({"by": "t1", "due_at": "2026-11-28T18:00:00"}, 422, "due_at"),
            ({"by": "t1", "due_at": "0001-01-01T00:00:00+23:59"}, 409, "整改期限"),
            ({}, 422, "by"),
            ({"by": "\x00"}, 403, "只能以本人的名义"),
        ):
            answer = client.post(where, json=body)
            assert answer.status_code == status, answer.text
            assert words in answer.json()["detail"]
        assert client.get(where).json() == []
        for path in (f"/api/v1/tickets/{uuid4()}/rectification", f"/api/v1/tickets/{uuid4()}/rectification.html"):
            assert client.get(path).status_code == 404
        assert client.post(f"/api/v1/tickets/{uuid4()}/rectification", json={"by": "t1"}).status_code == 404
        assert client.get(f"{where}.exe").status_code == 422


def test_who_does_not_answer_there_signs_nothing(site: Site) -> None:
    ticket = site.ticket()
    with site.signed_in("v1") as client:
        answer = client.post(f"/api/v1/tickets/{ticket}/rectification", json={"by": "v1"})
        assert answer.status_code == 409
        assert "马村官不是这个地点的乡镇级或者县级责任人" in answer.json()["detail"]


def test_visitors_of_an_open_wall_and_foreign_pages_issue_and_read_nothing(site: Site) -> None:
    ticket = site.ticket()
    where = f"/api/v1/tickets/{ticket}/rectification"
    with site.signed_in("t1") as client:
        foreign = client.post(where, json={"by": "t1"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert client.get(where).json() == []
    with site.client(host="127.0.0.1", open_wall=True) as client:
        assert client.get("/api/v1/wall").status_code == 200
        assert client.get(where).status_code == 401
        assert client.get(f"{where}.html").status_code == 401
        assert client.post(where, json={"by": "t1"}).status_code == 401


def test_a_photo_that_is_gone_or_no_photo_leaves_its_frame(site: Site) -> None:
    site.evidence(SHA, b"\xff\xd8\xff no picture")
    ticket = site.ticket(picture=SHA)
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        client.post(where, json={"by": "t1"})
        assert "照片无法显示" in client.get(f"{where}.html").text
        (site.folder / "evidence" / SHA[:2] / SHA).unlink()
        assert "照片无法显示" in client.get(f"{where}.html").text
        for form in ("pdf", "docx"):
            assert client.get(f"{where}.{form}").status_code == 200


def test_who_comes_second_to_a_changed_ticket_is_told_to_look_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        raise Conflict("tickets is no longer at version 1")

    ticket = site.ticket()
    monkeypatch.setattr(Shelf, "issue", changed)
    with site.signed_in("t1") as client:
        answer = client.post(f"/api/v1/tickets/{ticket}/rectification", json={"by": "t1"})
        assert (answer.status_code, answer.json()["detail"]) == (409, "有人刚刚也改了这张工单，请看一下再签发")


def test_an_evidence_store_that_is_away_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_self: object, _sha256: str) -> bytes:
        raise EvidenceAway("no bucket")

    ticket = site.ticket(picture=SHA)
    with site.signed_in("t1") as client:
        where = f"/api/v1/tickets/{ticket}/rectification"
        client.post(where, json={"by": "t1"})
        monkeypatch.setattr(Evidence, "small", away)
        assert client.get(f"{where}.pdf").status_code == 503
