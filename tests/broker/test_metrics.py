"""Prometheus is answered with what stands at the moment; a store that is away costs its own values only."""

from __future__ import annotations

import urllib.request

import pytest

from broker.embedded import free_port
from broker.metrics import Listen, Sample, families, serving


class Away(Exception):
    pass


def scraped(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_values_are_read_at_each_question_and_labels_stand_beside_them() -> None:
    counts = {"stored": 1.0}

    def read() -> list[Sample]:
        return [Sample("x_total", "a count", counts["stored"], {"outcome": "stored", "kind": "a\"b\n"}),
                Sample("y_seconds", "an age", 2.5)]  # fmt: skip

    port = free_port()
    with serving(Listen(port), read):
        assert scraped(port)['jingcun_x_total{kind="a\\"b\\n",outcome="stored"}'] == 1
        counts["stored"] = 7
        told = scraped(port)
    assert told['jingcun_x_total{kind="a\\"b\\n",outcome="stored"}'] == 7
    assert told["jingcun_y_seconds"] == 2.5
    assert told["jingcun_readable"] == 1
    assert told["process_resident_memory_bytes"] > 1e6


def test_a_store_that_is_away_is_told_and_the_answer_stands() -> None:
    def read() -> list[Sample]:
        raise Away("no database")

    port = free_port()
    with serving(Listen(port), read, (Away,)):
        assert scraped(port)["jingcun_readable"] == 0


def test_without_a_port_nobody_listens_and_nothing_is_read() -> None:
    def read() -> list[Sample]:
        raise AssertionError("asked")

    with serving(None, read):
        pass


def test_a_taken_port_is_an_error_and_a_left_one_is_free_again() -> None:
    port = free_port()
    with serving(Listen(port), list), pytest.raises(OSError, match="in use"), serving(Listen(port), list):
        pass
    with serving(Listen(port), list):
        assert scraped(port)["jingcun_readable"] == 1


def test_a_name_that_ends_in_total_is_a_counter_and_one_name_is_one_family() -> None:
    found = families([Sample("a_total", "", 1, {"k": "x"}), Sample("b", "", 2), Sample("a_total", "", 3, {"k": "y"})])
    assert [(one.type, len(one.samples)) for one in found] == [("counter", 2), ("gauge", 1)]
