from pathlib import Path

import pytest

from detect.finder import Finder, default_model


@pytest.mark.parametrize("side", [640, 320])
def test_the_model_card_speaks_of_the_files_that_ship(side: int) -> None:
    card = (Path(default_model()).parent / "floor.md").read_text(encoding="utf-8")
    model = Finder(default_model(side), threads=1)
    assert model.model_id in card
    assert default_model(side).name in card
    for name in model.names:
        assert f"`{name}`" in card
