from pathlib import Path

from detect.finder import Finder, default_model
from detect.resize_model import resized


def test_the_model_card_speaks_of_the_file_that_ships_and_of_the_smaller_one_made_from_it(tmp_path: Path) -> None:
    card = default_model().with_suffix(".md").read_text(encoding="utf-8")
    assert default_model().name in card
    for path in (default_model(), resized(default_model(), 320, tmp_path)):
        model = Finder(path, threads=1)
        assert model.model_id in card
        for name in model.names:
            assert f"`{name}`" in card
