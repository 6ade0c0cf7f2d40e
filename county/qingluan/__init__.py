"""The fictional county 青峦县 that ships with the project, for the demo, the bench and the tests."""

from __future__ import annotations

from importlib import resources

from county.files import FILES, Folder, load
from county.snapshot import County


def folder(demo: bool = False) -> Folder:
    """Its files; with ``demo`` the limits are seconds (policy.demo.toml)."""
    home = resources.files(__name__)
    files = {name: home.joinpath(name).read_bytes() for name in FILES if home.joinpath(name).is_file()}
    if demo:
        files["policy.toml"] = home.joinpath("policy.demo.toml").read_bytes()
    return files


def without_rules(files: Folder) -> Folder:
    """The county without rules of its own, so that what is seen counts at once: nobody waits for an hour in a test."""
    policy = files["policy.toml"].decode("utf-8").partition("\n[[rule]]")[0]
    return {**files, "policy.toml": policy.encode("utf-8")}


def qingluan(demo: bool = False, revision: int = 1) -> County:
    """The county as a snapshot."""
    return load(folder(demo), revision)
