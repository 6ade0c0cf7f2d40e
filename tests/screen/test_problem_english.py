"""Every refusal that the code can make has its English, and the catalogue holds nothing else."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from screen.problem_english import MOST, catalogue, english
from tests.screen.site import Site

ROOT = Path(__file__).parents[2]
MAKERS = {"Problem", "answer"}  # what makes a problem document
TELLERS = {"_faults", "why_not"}  # functions whose Chinese strings are faults in a problem
REFUSE = {  # the exceptions of the rooms below whose words become the detail of a problem
    "Refused", "NotEntitled", "Barred", "NoReport", "NoTicket", "NoAsk", "NoMute", "NoList", "NotIssued", "Taken",
    "BadReceipts", "BadChange", "BadPosition", "UnknownCode", "reason", "need_county",
}  # fmt: skip
TABLES = {"_PLAIN", "LACKS"}
ENGLISH = {"Accept-Language": "en"}


def _words(node: ast.AST) -> Iterator[str]:
    """The Chinese strings of an expression, f-strings with {} for their values."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
        return
    for child in ast.iter_child_nodes(node):
        yield from _words(child)


def _assigned(scope: ast.AST) -> dict[str, ast.expr]:
    """The words, or the table of words, that stand behind each name of a function or a file."""
    return {
        node.targets[0].id: node.value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant | ast.JoinedStr | ast.Dict)
    }


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _made(scope: ast.AST, names: dict[str, ast.expr]) -> Iterator[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and _called(node) in MAKERS:
            for argument in node.args:
                told = names.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
                yield from _words(told)


def _of_file(tree: ast.Module) -> Iterator[str]:
    names = _assigned(ast.Module([one for one in tree.body if isinstance(one, ast.Assign)], []))
    for node in tree.body:
        for scope in ast.walk(node):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _made(scope, names | _assigned(scope))
                if scope.name in TELLERS:
                    yield from (words for one in scope.body[1:] for words in _words(one))
    for table in TABLES & set(names):
        yield from _words(names[table])


@cache
def said() -> frozenset[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "screen").rglob("*.py")]
    return frozenset(words for tree in trees for words in _of_file(tree) if not words.isascii())


def test_every_refusal_of_the_screen_has_its_english() -> None:
    assert len(said()) > 110
    assert sorted(said() - set(catalogue())) == []


def test_every_refusal_of_the_rooms_below_has_its_english() -> None:
    below = frozenset(words for room in ("alerts", "county") for words in _raised(room) if not words.isascii())
    assert len(below) > 110
    assert sorted(below - set(catalogue())) == []


def _raised(room: str) -> Iterator[str]:
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in REFUSE:
                for argument in node.args:
                    yield from _words(argument)


def test_every_line_of_the_catalogue_is_said_somewhere() -> None:
    source = {words for room in ("screen", "alerts", "county") for words in _everywhere(room)}
    assert sorted(set(catalogue()) - {one.lstrip("；") for one in source} - {"单位、姓名"}) == []


def _everywhere(room: str) -> Iterator[str]:
    for path in (ROOT / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not text.isascii():
            yield from _words(ast.parse(text))


def test_a_line_has_as_many_holes_on_either_side_and_its_english_is_english() -> None:
    for chinese, told in catalogue().items():
        assert chinese.count("{}") == told.count("{}"), chinese
        assert told.replace("“", "").replace("”", "").isascii(), told


@pytest.mark.parametrize(
    ("chinese", "told"),
    [
        ("请先登录", "Sign in first."),
        ("输错次数太多，请 30 秒后再试", "Too many wrong attempts; try again in 30 seconds."),
        ("请写明单位、姓名", "Name the unit and name."),
        ("请写明原因", "Give a reason."),
        ("没有“{}”这个状态", "There is no state “{}”."),
        ("大屏上没有“青龙”这个数", "The wall has no figure “青龙”."),
        ("没有 b1 这个盒子；盒子不接在别的盒子上", "There is no box b1; A box is not connected to another box"),
        ("盒子不接在别的盒子上；天气不好", None),
        ("天气不好", None),
        ("", ""),
        ("工单已结案,不能再返工", "The ticket is closed; it cannot take this act now: rework."),
        (
            "没有第二个人可以批准延期,请联系县级值班室",
            "There is no second person to approve extension; call the county's duty room.",
        ),
        ("这张工单最多延期2次,不能再提", "This ticket has had all its requests for extension (2 at most)."),
        ("这件延期同意,不能撤回", "This extension is granted and cannot be withdrawn."),
        ("工单处置中,现在不能申诉", "The ticket is being dealt with; this is not possible now: appeal."),
        (
            "这件延期申请由镇级张三批,您没有权限",
            "This request for extension is decided by 镇级张三; you may not decide it.",
        ),
        ("请写明发放凭证号", "Name the number of the voucher."),
        ("请写明延期的原因", "Give the reason for this: extension."),
        ("这件申诉是{}提的,只能由本人撤回", "This appeal was made by {}; only that person can withdraw it."),
    ],
)
def test_words_are_looked_up_whole_then_by_pattern_and_names_stay(chinese: str, told: str | None) -> None:
    assert english(chinese) == told


def test_hostile_words_are_answered_at_once() -> None:
    began = time.process_time()
    for words in ("刚保存了第 " * 100, "没有“" * 200, "；" * MOST, "、" * MOST, "没" * 100_000, "{}" * 300 + "没有"):
        english(words)
        english(f"没有“{words}”这个状态"[:MOST])
    assert time.process_time() - began < 1


def test_a_problem_document_is_wholly_english_for_who_prefers_it(site: Site) -> None:
    with site.client() as client:
        plain, told = client.get("/api/v1/me"), client.get("/api/v1/me", headers=ENGLISH)
        assert plain.status_code == told.status_code
        for path in ("/api/v1/nothing-here", "/api/v1/tickets/JC-0"):
            chinese, other = client.get(path), client.get(path, headers=ENGLISH)
            assert (chinese.headers["content-language"], other.headers["content-language"]) == ("zh-CN", "en")
            assert "Accept-Language" in other.headers["vary"]
            assert not chinese.json()["detail"].isascii()
            assert other.json()["detail"].isascii()
        invalid = client.post("/api/v1/login", json={}, headers=ENGLISH).json()["detail"]
        assert invalid == "The content is incomplete or malformed: name, password"
        foreign = client.post("/api/v1/login", json={}, headers=ENGLISH | {"Origin": "https://evil.example"})
        assert foreign.json()["detail"] == "The request comes from another website and is refused."
