"""The page as a file: whole, valid, without a word to the network, for anybody's runs."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.cli import main
from dnn_techniques.report.html.confusion import read_confusion
from tests.report.html.own_runs import EVIL, SCRIPT, write_own_runs
from tests.results.runs_by_hand import NAME, write_run

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Checks that elements are closed in the order in which they were opened, and keeps them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.feed(path.read_text())
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.scripts.append(data)
        elif data.strip():
            self.text.append(" ".join(data.split()))

    @property
    def curves(self) -> dict[str, Any]:
        """What the script draws."""
        values: dict[str, Any] = json.loads(next(s for s in self.scripts if s.startswith("{")))
        return values


def compare(out: Path, *words: str) -> None:
    assert main(["compare", *words, "--out", str(out)]) == 0


@pytest.fixture(scope="module")
def bn(tmp_path_factory: pytest.TempPathFactory) -> Page:
    out = tmp_path_factory.mktemp("runs")
    for seed in (1, 2, 3):
        write_run(out, seed, NAME)
        write_run(out, seed, "bn/without")
    (out / "bn" / "worst.png").write_bytes(b"a picture")
    (out / "bn" / "large.png").write_bytes(b"x" * 400_000)
    compare(out, "bn")
    return Page(out / "bn" / "summary.html")


def test_the_page_is_whole(bn: Page) -> None:
    assert [tag for tag, _ in bn.elements[:2]] == ["html", "head"]
    links = [a.get(name) for _, a in bn.elements for name in ("src", "href", "action", "srcset")]
    assert all(link.startswith(("data:", "#")) for link in links if link)
    assert not any(re.search(r"@import|url\(|fetch\(|XMLHttpRequest", s) for s in bn.scripts)
    policies = [a.get("content") or "" for tag, a in bn.elements if "http-equiv" in a]
    assert policies[0].startswith("default-src 'none'; img-src data:;")


def test_verdicts_stand_in_words(bn: Page) -> None:
    text = " ".join(bn.text)
    assert "before_activation ends with the highest validation accuracy, 0.8700 ± 0.0000" in text
    assert "Not told apart from it: without." in text
    claim = "BN before the activation beats the plain net early (book)."
    assert (
        f"{claim} Validation accuracy after 1 epoch: +0 (99% interval of the mean +0 to +0);"
        in text
    )
    assert "Of 8 documented figures of the finished nets: 2 within what seeds vary" in text
    assert (
        "python -m dnn_techniques run bn/before_activation --seeds 3 --seed_everything 1 --out"
        in text
    )
    assert {"within what seeds vary", "outside of what seeds vary"} <= {*bn.text}


def test_curves_have_every_run_and_the_documented_figures(bn: Page) -> None:
    assert bn.curves["experiments"] == [
        {"name": "before_activation", "shown": True},
        {"name": "without", "shown": True},
    ]
    panels = {panel["title"]: panel["series"] for panel in bn.curves["panels"]}
    assert [*panels] == [
        "validation loss",
        "validation accuracy",
        "training loss",
        "training accuracy",
    ]
    ours, without = panels["validation loss"]
    assert ours["runs"][1] == {
        "seed": 2,
        "epochs": [*range(1, 11)],
        "values": [0.382] * 10,
    }
    assert {d["edition"]: d["values"][9] for d in ours["documented"]} == {
        "TF 2.4": 0.3875,
        "TF 2.0": 0.3817,
    }
    assert without["documented"] == []
    # TF 2.4's training loss is no mean of the epoch: it stands beside ours averaged likewise.
    assert panels["training loss"][0]["runs"][0]["values"] == [1.1] * 10
    assert [d["edition"] for d in panels["training loss"][0]["documented"]] == ["TF 2.4"]


def test_pictures_beside_the_summary_are_in_the_page(bn: Page) -> None:
    images = {a["alt"]: a["src"] for tag, a in bn.elements if tag == "img"}
    picture = f"data:image/png;base64,{base64.b64encode(b'a picture').decode()}"
    assert images == {"bn/worst.png": picture}  # the curves are drawn anew
    assert "bn/large.png is too large for this page." in bn.text


def test_runs_of_one_s_own(tmp_path: Path) -> None:
    write_own_runs(tmp_path)
    compare(tmp_path, str(tmp_path / "mine"))
    page = Page(tmp_path / "mine" / "summary.html")
    text = " ".join(page.text)
    assert "good ends with the highest validation accuracy, 0.8967 ± 0.0058 (3 seeds)" in text
    assert f"Surely worse: {EVIL}, gone." in text
    assert "gone, 3 of 3 runs: seed 42 in epoch 2; seed 43 in epoch 2" in text
    assert "Documented figures" not in page.text
    assert "model.name" not in page.text
    assert "name" in page.text  # a setting that differs
    assert f"python -m dnn_techniques fit -c {tmp_path}/mine/good/seed-42/config.yaml" in text
    assert f"python -m dnn_techniques compare mine --out {tmp_path}" in text
    losses = page.curves["panels"][0]
    assert losses["series"][1]["runs"][0]["values"] == [1.5, None]


def test_what_others_wrote_is_escaped(tmp_path: Path) -> None:
    write_own_runs(tmp_path)
    compare(tmp_path, str(tmp_path / "mine"))
    page = Page(tmp_path / "mine" / "summary.html")
    assert not any(tag == "img" for tag, _ in page.elements)
    assert sum(tag == "script" for tag, _ in page.elements) == 3
    assert EVIL in [e["name"] for e in page.curves["experiments"]]
    assert f"good{SCRIPT}" in page.text
    for raw in (EVIL, SCRIPT):
        assert raw not in (tmp_path / "mine" / "summary.html").read_text()


def test_a_confusion_matrix_is_a_table(tmp_path: Path) -> None:
    write_own_runs(tmp_path)
    (tmp_path / "mine" / "good" / "seed-42" / "worst.png").write_bytes(b"images")
    compare(tmp_path, str(tmp_path / "mine"))
    page = Page(tmp_path / "mine" / "summary.html")
    assert "good, seed 42: test accuracy 0.9900" in page.text
    shades = [a.get("style") for tag, a in page.elements if tag == "td" and "style" in a]
    assert len(shades) == 100
    assert {*shades} == {"--shade: 0%", "--shade: 55%"}
    assert shades.count("--shade: 55%") == 10
    assert (page.text.count("990"), page.text.count("10")) == (10, 10)
    images = [a["alt"] for tag, a in page.elements if tag == "img"]
    assert images == ["mine/good/seed-42/worst.png"]  # the table stands for confusion.png


@pytest.mark.parametrize(
    "text",
    [
        "",
        "panel,series,x,y,value\na,image,cat,dog,x\n",
        "panel,series,x,y,value\na,image,cat,dog,3\n",
        "panel,series,x,y,value\na,image,cat,cat,nan\n",
        "x,y\n1,2\n",
    ],
)
def test_what_is_no_confusion_matrix_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "confusion.csv").write_text(text)
    assert read_confusion(tmp_path, "good") is None


def test_one_seed_says_nothing_of_chance(tmp_path: Path) -> None:
    write_own_runs(tmp_path, seeds=1)
    compare(tmp_path, str(tmp_path / "mine"))
    text = " ".join(Page(tmp_path / "mine" / "summary.html").text)
    assert "One seed says nothing of chance; give --seeds 5." in text
    assert "worse" not in text


def test_of_many_experiments_the_best_are_shown_at_first(tmp_path: Path) -> None:
    for k in range(12):
        rows = [[1, 1, 0.5, 1, 0.5 + k / 100]]
        write_run(tmp_path, 42, f"mine/net{k}", rows=rows, documented=None)
    compare(tmp_path, str(tmp_path / "mine"))
    experiments = Page(tmp_path / "mine" / "summary.html").curves["experiments"]
    assert {e["name"] for e in experiments if not e["shown"]} == {"net0", "net1"}


def test_report_html_has_every_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, 42, "bn/without")
    write_run(tmp_path, 42, "clipping/without")
    write_own_runs(tmp_path)
    file = tmp_path / "all.html"
    words = ["report", "--html", "--out", str(tmp_path), "--page", str(file)]
    assert main(words) == 0
    page = Page(file)
    links = [a["href"] for tag, a in page.elements if tag == "a"]
    assert links == ["#group-1", "#group-2", "#group-3"]
    assert [t for t in page.text if t in ("bn", "clipping", "mine")][-3:] == [
        "bn",
        "clipping",
        "mine",
    ]
    assert main([*words, "bn"]) == 0
    assert "clipping" not in Page(file).text
    assert f"written to {file}: open it in a browser" in capsys.readouterr().out
    assert main([*words, "--replay"]) == 2
    assert main([*words, "depth"]) == 2
    assert "no finished run of depth" in capsys.readouterr().err
