"""Answers are counted by the route's own template: what somebody types makes no label."""

from __future__ import annotations

from tests.screen.site import Site


def test_answers_are_counted_by_route_and_status_and_nothing_typed_becomes_a_label(site: Site) -> None:
    with site.client() as client:
        client.get("/api/v1/wall")
        client.get("/api/v1/desk/aaaabbbbcccc")
        client.get("/api/v1/desk/ddddeeeeffff")
        client.get("/no/such/<script>")
        told = {(one.name, *one.labels.values()): one.value for one in client.wired.state.traffic.samples()}
    assert told["screen_requests_total", "GET", "/api/v1/wall", "401"] == 1
    desks = [key for key in told if "desk" in str(key) and key[0] == "screen_requests_total"]
    assert [told[key] for key in desks] == [2]
    assert not any("aaaabbbb" in str(key) or "script" in str(key) for key in told)
    assert told["screen_requests_open",] == 0
    assert told["screen_request_seconds_total", "/api/v1/wall"] > 0
