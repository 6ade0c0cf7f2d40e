"""E-mail against a mail server of the tests: how a notice reads, and what each way of failing means."""

from __future__ import annotations

import email
import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as amount
from hypothesis import strategies as st

from alerts.channels import Answer, Result, catalog
from alerts.channels.catalog import BadChannel
from alerts.channels.email import Settings, opened
from alerts.channels.email_text import Sender, answered, message_id, subject, written
from tests.alerts.makes import at
from tests.channels.letters import LETTER, LINK, letter
from tests.providers.mailserver import Certificate, MailServer, certificate

TO = "ma@qingluan.example"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(trusted: Certificate) -> Iterator[MailServer]:
    with MailServer(trusted.server) as server:
        yield server


def settings(server: MailServer, **other: Any) -> Settings:
    told = {
        "name": "mail", "kind": "email", "host": "127.0.0.1", "port": server.port, "security": "plain",
        "sender": "jingcun@qingluan.example", "timeout_s": 5, "longest_s": 10,
    }  # fmt: skip
    return Settings(**told | other)


def sent(server: MailServer, to: str = TO, **other: Any) -> Answer:
    channel = opened(settings(server, **other), lambda: at(0))
    try:
        return channel.send(letter(address=to))
    finally:
        channel.close()


def read(server: MailServer) -> EmailMessage:
    message = email.message_from_bytes(server.mails[-1].text, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_names_severity_and_number_and_has_the_same_words_twice(server: MailServer) -> None:
    answer = sent(server)
    mail = read(server)
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, "4Bq7Xz1")
    assert (server.mails[0].sender, server.mails[0].to) == ("jingcun@qingluan.example", TO)
    assert mail["Subject"] == "【净村·重要】GD-1121-0001 暴露垃圾 柳林镇 石门村 东街"
    assert (mail["From"], mail["To"]) == ("净村 <jingcun@qingluan.example>", f"马村官 <{TO}>")
    assert (mail["Date"].datetime, mail["Auto-Submitted"]) == (at(0), "auto-generated")
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().strip() == LETTER.text
    assert f'<a href="{LINK}">' in page.get_content()
    assert "11月21日18:00" in page.get_content()


def test_a_second_sending_has_the_same_message_id_and_another_notice_another(server: MailServer) -> None:
    ids = []
    for _ in range(2):
        sent(server)
        ids.append(read(server)["Message-ID"])
    assert set(ids) == {f"<{LETTER.id}@qingluan.example>"}
    strange = {message_id(one, "a@b.cn") for one in ("静默3", "静默4", "x>\r\nBcc: y", "")}
    assert len(strange) == 4
    assert all("\n" not in one and one.isascii() and one.endswith("@b.cn>") for one in strange)


def test_nothing_in_a_letter_makes_a_header_or_markup_of_its_own(server: MailServer) -> None:
    bad = "马\r\nBcc: evil@x.cn\r\n\r\n<b>"
    channel = opened(settings(server, sender_name="净\nX-Evil: 1"), lambda: at(0))
    channel.send(letter(address=TO, person=bad, number=bad, what="<script>", place=bad, link='javascript:"x'))
    mail = read(server)
    assert {name.lower() for name in mail.keys()} == {  # noqa: SIM118 - a message is no dict
        "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type",
    }  # fmt: skip
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()
    assert "href" not in page.get_content()


@amount(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_any_words_make_a_mail_that_reads_back(person: str, number: str, place: str, text: str) -> None:
    one = letter(address=TO, person=person, number=number, place=place, text=text)
    raw = written(one, Sender("jingcun@qingluan.example", person), at(0))
    mail = email.message_from_bytes(raw, policy=default)
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert mail["To"].addresses[0].addr_spec == TO
    assert mail["Subject"].replace(" ", "") == subject(one).replace(" ", "")  # folding may lose a blank
    assert set(mail.keys()) >= {"From", "To", "Subject", "Date", "Message-ID"}
    assert len(mail.keys()) == 8


def test_a_letter_about_no_ticket_has_its_first_words_as_subject() -> None:
    about_none = {"number": "", "what": "", "severity": "", "place": ""}
    assert subject(letter(**about_none, text="【净村·青峦县】告警程序已 9 分钟没有巡检。")).startswith(
        "【净村·青峦县】告警"
    )
    assert len(subject(letter(place="长" * 500))) == 100


@pytest.mark.parametrize("to", ["", "ma", "ma@x", "a b@x.cn", "ma@x.cn\r\nRCPT TO:<y@x.cn>", ".a@x.cn", "马@x.cn"])
def test_an_address_that_is_none_never_reaches_the_server(server: MailServer, to: str) -> None:
    answer = sent(server, to)
    assert (answer.result, "邮箱地址不对" in answer.words) == (Result.FAILED, True)
    assert server.commands == []


@pytest.mark.parametrize(("security", "ways"), [("starttls", "LOGIN PLAIN"), ("tls", "XOAUTH2 LOGIN")])
def test_it_logs_in_only_over_an_encrypted_line(trusted: Certificate, tmp_path: Path, security: str, ways: str) -> None:
    (tmp_path / "mail.password").write_text("k3y\n", encoding="utf-8")
    secret: dict[str, Any] = {"user": "jingcun", "password_file": tmp_path / "mail.password", "ca_file": trusted.file}
    with MailServer(trusted.server, at_once=security == "tls") as server:
        server.playing.login, server.playing.ways = ("jingcun", "k3y"), ways
        assert sent(server, security=security, **secret).result is Result.ACCEPTED
        assert (server.mails[0].encrypted, server.mails[0].user) == (True, "jingcun")
        server.playing.login = ("jingcun", "another")
        answer = sent(server, security=security, **secret)
        assert (answer.result, "授权码,不是网页密码" in answer.words) == (Result.FAILED, True)


@pytest.mark.parametrize(
    ("offer", "auth", "words"),
    [
        ("AUTH CRAM-MD5", "334 !!!x", "不支持"),
        ("AUTH GSSAPI", "", "不支持"),
        ("SIZE 1000", "", "不支持"),
        ("AUTH PLAIN", "454 4.7.0 later", "稍后重试"),
        ("AUTH PLAIN", "534 5.7.9 use an app password", "app password"),
    ],
)
def test_a_login_that_is_not_understood_ends_in_words(
    trusted: Certificate, tmp_path: Path, offer: str, auth: str, words: str
) -> None:
    (tmp_path / "p").write_text("k3y")
    with MailServer(trusted.server, at_once=True) as server:
        server.playing.says = {"ehlo": f"250-mail\r\n250 {offer}"} | ({"auth": auth} if auth else {})
        answer = sent(server, security="tls", ca_file=trusted.file, user="jingcun", password_file=tmp_path / "p")
    result = Result.RETRY if auth.startswith("4") else Result.FAILED
    assert (answer.result, words in answer.words, server.mails) == (result, True, []), answer


def test_a_certificate_for_another_name_is_not_trusted(trusted: Certificate) -> None:
    with MailServer(trusted.server, at_once=True) as server:
        answer = sent(server, host="localhost", security="tls", ca_file=trusted.file)
    assert (answer.result, "证书不被信任" in answer.words) == (Result.FAILED, True)


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(server: MailServer) -> None:
    answer = sent(server, security="starttls")
    assert (answer.result, "证书不被信任" in answer.words) == (Result.FAILED, True)
    assert "mail" not in server.commands


def test_encryption_that_was_taken_out_of_the_offer_is_not_done_without(
    server: MailServer, trusted: Certificate
) -> None:
    server.playing.starttls = False
    answer = sent(server, security="starttls", ca_file=trusted.file)
    assert (answer.result, "STARTTLS" in answer.words) == (Result.FAILED, True)
    server.playing.starttls, server.playing.says = True, {"starttls": "454 4.7.0 TLS not available"}
    assert sent(server, security="starttls", ca_file=trusted.file).result is Result.RETRY
    assert server.mails == []


@pytest.mark.parametrize(
    ("where", "reply", "result", "words"),
    [
        ("greeting", "554 5.7.1 no", Result.FAILED, "规则拒绝"),
        ("greeting", "421 4.3.2 closing", Result.RETRY, "稍后重试"),
        ("ehlo", "502 5.5.2 what", Result.FAILED, "502"),
        ("mail", "553 5.7.1 not yours", Result.FAILED, "发件人必须"),
        ("rcpt", "550 5.1.1 no such user", Result.FAILED, "收件人不存在"),
        ("rcpt", "450 4.2.0 greylisted", Result.RETRY, "greylisted"),
        ("data", "451 4.3.0 later", Result.RETRY, "later"),
        ("text", "452 4.3.1 full", Result.RETRY, "full"),
        ("text", "554 5.7.1 spam", Result.FAILED, "垃圾邮件规则"),
        ("text", "552 5.2.2 over quota", Result.FAILED, "已满"),
        ("rcpt", "garbage", Result.RETRY, ""),
    ],
)
def test_refusals_are_for_good_and_4xx_are_not(
    server: MailServer, where: str, reply: str, result: Result, words: str
) -> None:
    server.playing.says = {where: reply}
    answer = sent(server)
    assert (answer.result, answer.maybe_sent, words in answer.words) == (result, False, True), answer
    assert server.mails == []


@pytest.mark.parametrize(
    ("where", "maybe"),
    [("greeting", False), ("ehlo", False), ("mail", False), ("rcpt", False), ("text", True)],
)
def test_only_a_line_that_breaks_after_the_text_may_have_sent_it(server: MailServer, where: str, maybe: bool) -> None:
    server.playing.hangs_up = where
    answer = sent(server)
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, maybe)
    assert len(server.mails) == maybe


def test_an_answer_that_nobody_understands_may_have_been_a_yes(server: MailServer) -> None:
    server.playing.says = {"text": "queued, I think"}
    assert sent(server).maybe_sent


@pytest.mark.parametrize(("where", "maybe"), [("greeting", False), ("text", True)])
def test_a_server_that_drips_does_not_hold_the_letter_for_longer(server: MailServer, where: str, maybe: bool) -> None:
    server.playing.drips = where
    began = time.monotonic()
    answer = sent(server, longest_s=0.6)
    assert time.monotonic() - began < 3
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, maybe)


def test_a_dripping_server_is_left_behind_tls_too(trusted: Certificate) -> None:
    with MailServer(trusted.server, at_once=True) as server:
        server.playing.drips = "rcpt"
        assert sent(server, security="tls", ca_file=trusted.file, longest_s=0.6).result is Result.RETRY


def test_nobody_there_and_a_name_that_is_none_are_worth_a_retry(server: MailServer) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        away = sent(server, port=probe.getsockname()[1])
        probe.listen()
        silent = sent(server, port=probe.getsockname()[1], timeout_s=0.3)
    assert {(one.result, one.maybe_sent) for one in (away, silent)} == {(Result.RETRY, False)}
    assert sent(server, host="nowhere.invalid").result is Result.RETRY


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"user": "x"}, "belong together"),
        ({"user": "x", "password_file": "p"}, "never sent in the clear"),
        ({"user": "马", "password_file": "p", "security": "tls"}, "must be ASCII"),
        ({"host": "mail..cn"}, "host: String should match"),
        ({"sender": "净村"}, "sender: String should match"),
        ({"security": "ssl"}, "security: Input should be"),
        ({"ca_file": "nothing.crt", "security": "tls"}, "No such file"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p").write_text("k3y")
    told = settings(server).model_dump() | more
    with pytest.raises(BadChannel, match=words):
        catalog.opened(catalog.settings_of(told), lambda: at(0))


def test_the_number_of_the_queue_is_kept_where_the_server_tells_it() -> None:
    assert answered(250, b"OK: queued as.", handed=True).provider_id == ""
    assert answered(250, b"Mail OK queued as smtp4,abc", handed=True).provider_id == "smtp4"
