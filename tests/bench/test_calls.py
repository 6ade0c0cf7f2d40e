"""What a wrong call of the benches of the eyes says: one line and exit status 2, before anything is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bench import eyes, privacy


@pytest.mark.parametrize("main", [eyes.main, privacy.main])
def test_a_model_that_is_not_there_is_one_line(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--model", "nowhere.onnx"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("nowhere.onnx: cannot be read")
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("main", "arguments", "words"),
    [
        (eyes.main, ["--only", "nonsense"], "'nonsense' is no part"),
        (eyes.main, ["--places", "nowhere"], "'nowhere' is no place"),
        (eyes.main, ["--hours", "-1"], "-1 is not between 0 and 24"),
        (eyes.main, ["--hours", "nan"], "nan is not between 0 and 24"),
        (eyes.main, ["--hours", "long"], "--hours"),
        (privacy.main, ["--thin", "0"], "--thin"),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    main: Callable[[Sequence[str]], int], arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
