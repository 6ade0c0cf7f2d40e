"""What the documents say can be done: links lead somewhere, make targets, commands and cited tests exist."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from jingcun.__main__ import app
from tests.test_features import names_in

ROOT = Path(__file__).parent.parent
PAGES = (
    [
        ROOT / name
        for name in (
            "README.md",
            "README.zh-CN.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "CHANGELOG.md",
            "deploy/README.md",
            "deploy/province/README.md",
        )
    ]
    + sorted((ROOT / "docs").glob("*.md"))
    + sorted((ROOT / "docs/handbook").glob("*.md"))
)
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
HANDBOOK = sorted((ROOT / "docs/handbook").glob("*.md"))

ANCHOR = re.compile(r"\]\(([^)#\s:]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")
COMMAND = re.compile(r"(?<![\w/-])(?:\.venv/bin/)?jingcun ([a-z][a-z-]*)(?: ([a-z][a-z-]*)(?![\w.]))?")
TEST = re.compile(r"tests/[\w/]+\.py::\w+")
# Put together here, so that this file does not name what it looks for.
FORBIDDEN = [r"(?<![\w.~])/" + place + r"/\w" for place in ("work", "root", "tmp/jc", "Users", r"home/(?!user)\w+")] + [
    name.replace("_", r"\.") for name in ("registry_npmjs", "pypi_org", "npmmirror_com", "pythonhosted_org")
]


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def code_of(page: Path) -> str:
    """Only what stands as code: a sentence may begin with "make sure"."""
    text = text_of(page)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(
        blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    )


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """The headings as a link names them: small letters, no punctuation, a hyphen for a space."""
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in HEADING.findall(text))


@cache
def commands() -> dict[str, frozenset[str]]:
    """Every command with its subcommands."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return {
        name: frozenset(one.commands) if isinstance(one, TyperGroup) else frozenset()
        for name, one in root.commands.items()
    }


@pytest.mark.parametrize("page", PAGES + DECISIONS, ids=page_name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for link in LINK.findall(text_of(page)):
        if "://" not in link:
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_into_a_page_leads_to_a_heading(page: Path) -> None:
    for name, anchor in ANCHOR.findall(text_of(page)):
        told = page.parent / name if name else page
        assert told.suffix != ".md" or anchor in anchors_of(told), f"{name}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(TARGET.findall(code_of(page))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_command_exists(page: Path) -> None:
    for name, below in COMMAND.findall(code_of(page)):
        assert name in commands(), f"jingcun {name}"
        if commands()[name] and below:
            assert below in commands()[name], f"jingcun {name} {below}"


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_cited_test_exists(page: Path) -> None:
    for cited in TEST.findall(text_of(page)):
        file, _, name = cited.partition("::")
        assert (ROOT / file).is_file(), cited
        assert name in names_in(ROOT / file), cited


def test_both_readmes_name_the_same_make_targets() -> None:
    english, chinese = (set(TARGET.findall(code_of(ROOT / name))) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese
    assert {"demo", "test"} <= english


def test_the_first_page_of_the_handbook_leads_to_all_others() -> None:
    first = ROOT / "docs/handbook/README.md"
    assert {(first.parent / link).name for link in LINK.findall(text_of(first))} >= {
        page.name for page in HANDBOOK if page != first
    }


def test_the_handbook_speaks_of_every_command() -> None:
    told = {name for page in HANDBOOK for name, _ in COMMAND.findall(code_of(page))}
    assert set(commands()) == told


@pytest.mark.parametrize("page", DECISIONS, ids=page_name)
def test_a_decision_fits_on_half_a_page(page: Path) -> None:
    assert len(text_of(page).splitlines()) <= 30


def test_no_tracked_text_names_a_place_of_one_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, timeout=60)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    found = []
    for name in listed.stdout.decode().split("\0"):
        file = ROOT / name
        if not name or not file.is_file() or b"\0" in (raw := file.read_bytes())[:8192]:
            continue
        text = raw.decode("utf-8", "replace")
        found += [f"{name}: {hit[0]}" for wrong in FORBIDDEN if (hit := re.search(wrong, text))]
    assert found == []
