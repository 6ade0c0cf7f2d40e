from __future__ import annotations

import json
from dataclasses import replace

from detect.train.agree import Agreement
from detect.train.card import Facts, Model, figures_json, render
from detect.train.recipe import CLASSES, Figures, Recipe

SETS = {
    "train": {"pictures": 10, "garbage": 9, "garbage_bin": 3, "overflow": 1, "person": 0, "vehicle": 0},
    "val_web": {"pictures": 5, "garbage": 4, "garbage_bin": 3, "overflow": 1, "person": 0, "vehicle": 0},
}
FIGURES = {"model.onnx": {"val_web": Figures(0.5, 0.25, {"garbage": 0.4, "garbage_bin": 0.6})}}


def a_card(recipe: Recipe, verdicts: dict[str, int] | None = None) -> str:
    models = [Model("model.onnx", "0123456789ab")]
    agreement = Agreement(100, 99, 0.25, 0.95, 0.01)
    versions = {"torch": "2.13.0"}
    facts = Facts(
        replace(recipe, names=CLASSES[:5]), models, SETS, agreement, FIGURES, versions, "fedcba987654", verdicts or {}
    )
    return render(facts)


def test_the_card_says_what_was_made_from_what_and_what_it_reached() -> None:
    card = a_card(Recipe("/home/user/coco.pt", ("/home/user/garbage3/train_web",), seed=7))
    assert "| `model.onnx` | 1 × 3 × 640 × 640 | `0123456789ab` |" in card
    assert "| `model.onnx` | val_web | 0.500 | 0.250 | 0.400 | 0.600 | – | – | – |" in card
    assert "- seed: 7" in card
    assert "99 of 100" in card
    assert "`user/coco.pt` (SHA-256 fedcba987654…)" in card
    assert "CC BY 4.0 as its uploader declares" in card
    assert "`person` has no example in any set" in card
    assert "/home" not in card


def test_the_card_says_what_only_a_model_or_a_renderer_has_taught() -> None:
    plain = a_card(Recipe("a.pt", ("mine",)))
    card = a_card(Recipe("a.pt", ("mine",), val=("other",), teacher="t.onnx", rendered=40))
    for words in ("not drawn by people", "40 pictures of `train` are rendered", "is not verified on real ones"):
        assert words in card
        assert words not in plain
    assert "is a folder of its own" in card
    assert "garbage3" not in card


def test_a_program_can_read_the_figures_too() -> None:
    assert json.loads(figures_json(FIGURES))["model.onnx"]["val_web"]["classes"] == {"garbage": 0.4, "garbage_bin": 0.6}
