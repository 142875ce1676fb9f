"""The pages in docs/techniques: made parts are fresh, code runs, links and commands are real."""

import re
from pathlib import Path

import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.results.findings import Findings, read_findings
from dnn_techniques.runs.experiments import select
from docs.cards import PAGES, code, filled, results
from tests.pages import README, ROOT, blocks

INDEX = PAGES / "README.md"
CARDS = sorted(set(PAGES.glob("*.md")) - {INDEX})
every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
SECTIONS = [
    "The technique",
    "Keras and PyTorch",
    "Measured",
    "What it does not go with",
    "Exercises",
]


@pytest.fixture(scope="module")
def findings() -> Findings:
    return read_findings()


@every_card
def test_made_parts_are_fresh(card: Path, findings: Findings) -> None:
    """`python -m docs.cards` makes them anew."""
    page = card.read_text()
    assert filled(page, findings) == page
    assert {"code", "results"} <= set(re.findall(r"(?m)^<!-- (\w+): ", page))


@every_card
def test_every_card_has_its_sections(card: Path) -> None:
    page = card.read_text()
    assert re.findall(r"(?m)^## (.*)", page) == SECTIONS
    assert re.search(r"(?m)^```\npython -m dnn_techniques run ", page)
    exercises = page.partition("## Exercises")[2]
    assert exercises.count("<details><summary>Answer</summary>") == 2
    assert exercises.count("assert ") >= 2


@every_card
def test_code_runs(card: Path) -> None:
    run = [block for block in blocks("python", card) if not block.startswith("# dnn_techniques/")]
    assert len(run) >= 3  # one to use it, and two answers
    for block in run:
        exec(compile(block, card.name, "exec"), {"__name__": "__main__"})


@every_card
def test_links_and_commands_are_real(card: Path) -> None:
    page = card.read_text()
    for link in re.findall(r"\]\(([^)#]+)", page):
        assert link.startswith("https://") or (card.parent / link).exists(), link
    for experiment in re.findall(r"(?m)^python -m dnn_techniques run ([\w/-]+)", page):
        assert select(experiment)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("code: optim/clipping.py clip_by_weight", "no clip_by_weight in"),
        ("code: optim/plateau.py ReduceLROnPlateau(net)", "no ReduceLROnPlateau\\(net\\) in"),
        ("code: optim/nadam.py KerasNadam", "lines, a card at most 15"),
        ("results: clippin", "clippin"),
    ],
)
def test_a_mark_names_what_is_there(mark: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        filled(f"<!-- {mark} -->\n<!-- end -->\n", Findings({}, []))


def test_code_has_no_docstring() -> None:
    assert code("optim/clipping.py", "clip_by_value").splitlines() == [
        "```python",
        "# dnn_techniques/optim/clipping.py",
        "def clip_by_value(parameters: Iterable[Tensor], clip_value: float) -> None:",
        "    check_positive(clip_value=clip_value)",
        "    for grad in _gradients(parameters):",
        "        grad.clamp_(-clip_value, clip_value)",
        "```",
    ]
    assert "def update(" in code("optim/sgd.py", "KerasSGD.update")


def test_code_may_be_a_call() -> None:
    assert code("layers/activations.py", 'Activation("leaky_relu_0.2")').splitlines()[2:] == [
        "Activation(",
        '    "leaky_relu_0.2",',
        '    "max(0.2 z, z)",',
        "    _RANDOMIZED_PAPER,",
        "    he_normal,",
        "    lambda _: nn.LeakyReLU(0.2),",
        ")",
        "```",
    ]
    plateau = code("optim/plateau.py", "ReduceLROnPlateau(optimizer)").splitlines()
    assert plateau[2:4] == ["ReduceLROnPlateau(", "    optimizer,"]
    assert plateau[-2:] == [")", "```"]


def test_results_show_claims_and_figures_of_the_chosen_experiments() -> None:
    claim = {
        "claim": "It helps",
        "whose": "book",
        "experiments": ["bn/before_activation"],
        "effect": "accuracy",
        "effects": [0.1, 0.2],
        "mean": 0.15,
        "interval": [0.05, 0.25],
        "verdict": "holds",
    }
    figure = {"figure": "val_loss", "edition": "TF 2.4", "verdict": "inside"}
    findings = Findings(
        {"bn/before_activation": [figure]}, [claim], {"bn/before_activation": 150.0}
    )
    made = results(["bn"], findings)
    assert re.search(r"It helps +\| book +\| \+0.15 \(\+0.05 to \+0.25\) +\| accuracy", made)
    assert re.search(r"`run bn/before_activation` +\| 2 min +\| 1 of 1 inside", made)
    assert "Nothing measured yet" in results(["clipping"], findings)


def test_pictures_are_there() -> None:
    assert CARDS
    for card in CARDS:
        for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", card.read_text()):
            assert (card.parent / picture).resolve().is_relative_to(ROOT / "docs" / "results")


def test_the_index_and_the_table_in_the_readme_lead_to_every_card() -> None:
    names = {card.name for card in CARDS}
    assert set(re.findall(r"\]\((\w+\.md)\)", INDEX.read_text())) == names
    assert set(re.findall(r"\]\(docs/techniques/(\w+\.md)\)", README.read_text())) >= names
