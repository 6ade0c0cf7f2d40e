"""The claim route: a right code once; everything else the same refusal, slower and slower."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest

from broker.acl import hash_matches
from county.book import CountyBook
from county.invitations import invite
from screen.desk.claim import TRIES
from tests.county.small import BOX, COUNTY, TOWNSHIP, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site

SECRET = secrets.token_urlsafe(32)


def invited(site: Site) -> str:
    with CountyBook(site.settings.county_url) as book:
        return invite(book, BOX, "installer", site.now)[0]


def ask(client: TestClient, code: str, device: str = BOX, secret: str = SECRET) -> Any:
    return client.post("/api/v1/claim", json={"device": device, "code": code, "secret": secret})


def test_a_box_claims_its_secret_without_a_session_and_hears_where_it_stands(site: Site) -> None:
    code = invited(site)
    with site.client() as client:
        answer = ask(client, code)
        assert answer.json() == {"device": BOX, "county": COUNTY, "township": TOWNSHIP, "village": VILLAGE}
        assert ask(client, code).status_code == 200
        assert ask(client, code, secret=secrets.token_urlsafe(32)).status_code == 403
    assert SECRET not in answer.text
    with CountyBook(site.settings.county_url) as book:
        assert hash_matches(SECRET, book.credentials(COUNTY)[0].hash)


def test_wrong_expired_and_unknown_are_told_alike(site: Site) -> None:
    code = invited(site)
    with site.client() as client:
        wrong, stranger = ask(client, "aaaa-bbbb-cccc"), ask(client, code, "stranger")
        site.now += timedelta(days=3)
        late = ask(client, code)
    assert [one.status_code for one in (wrong, stranger, late)] == [403, 403, 403]
    assert wrong.json() == stranger.json() == late.json()
    assert "jingcun device invite" in wrong.json()["detail"]


def test_who_guesses_must_wait_longer_and_longer(site: Site) -> None:
    code = invited(site)
    with site.client() as client:
        for number in range(TRIES):
            assert ask(client, f"aaaa-bbbb-{number}ccc", "stranger").status_code == 403
        blocked = ask(client, code)
        assert blocked.status_code == 429
        assert int(blocked.headers["Retry-After"]) > 0
        site.now += timedelta(minutes=11)
        assert ask(client, code).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"device": BOX, "code": "aaaa", "secret": "short"}, {"device": "../x", "code": "aaaa", "secret": SECRET},
        {"device": BOX, "code": "a" * 41, "secret": SECRET}, {"device": BOX, "code": "aaaa", "secret": "密" * 40},
        {"device": BOX, "code": "aaaa", "secret": "x:y" * 20},
    ],
)  # fmt: skip
def test_what_is_no_claim_is_named(site: Site, body: dict[str, str]) -> None:
    with site.client() as client:
        assert client.post("/api/v1/claim", json=body).status_code == 422
