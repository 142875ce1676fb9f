"""The page in a headless Chromium: `make browser-check`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.cli import main
from tests.report.html.own_runs import EVIL, write_own_runs

pytestmark = pytest.mark.browser

# Chromium's own sandbox needs rights that containers do not give.
ARGUMENTS = ["--no-sandbox", "--no-zygote", "--disable-gpu"]


def chromium() -> str | None:
    """The browser that is named, or else in PATH; None for that of `playwright install chromium`.

    Where there is none the tests fail.
    """
    named = os.environ.get("DNN_TECHNIQUES_BROWSER")
    return named or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    write_own_runs(out)
    assert main(["compare", str(out / "mine"), "--out", str(out)]) == 0
    return out / "mine" / "summary.html"


class Opened:
    """A page that is open, and what it did while it loaded and since."""

    def __init__(self, browser: Any, file: Path, width: int = 1200, scheme: str = "light") -> None:
        viewport = {"width": width, "height": 800}
        self.page = browser.new_page(viewport=viewport, color_scheme=scheme)
        self.page.set_default_timeout(5000)
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.page.locator(".mean").first.wait_for()

    def lines(self, name: str) -> int:
        """In how many panels an experiment is drawn."""
        return sum(
            group.get_attribute("data-experiment") == name
            for group in self.page.locator("g[data-experiment]").all()
        )

    def legend(self, name: str) -> Any:
        return self.page.locator(".legend").get_by_role("button", name=name, exact=True)

    def column(self, title: str) -> list[str]:
        """A column of the first table."""
        table = self.page.locator("table").first
        headers = table.locator("th").all_inner_texts()
        k = next(i for i, h in enumerate(headers) if h.startswith(title))
        cells: list[str] = [
            r.locator("td").nth(k).inner_text() for r in table.locator("tr").all()[1:]
        ]
        return cells


@pytest.fixture
def opened(browser: Any, file: Path) -> Opened:
    return Opened(browser, file)


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_quietly_and_fits(browser: Any, file: Path, width: int, scheme: str) -> None:
    opened = Opened(browser, file, width, scheme)
    assert opened.messages == []
    assert opened.requests == [file.as_uri()]
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    color = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert color == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 23, 27)")
    opened.page.locator("table button").first.click()
    assert opened.messages == []


def test_the_legend_shows_and_hides(opened: Opened) -> None:
    assert [opened.lines(name) for name in ("good", EVIL, "gone")] == [4, 4, 4]
    drawn = opened.page.locator(".panels").inner_html()
    opened.legend(EVIL).click()
    assert [opened.lines(name) for name in ("good", EVIL, "gone")] == [4, 0, 4]
    assert opened.legend(EVIL).get_attribute("aria-pressed") == "false"
    opened.legend("none").click()
    assert opened.page.get_by_text("nothing to show").count() == 4
    opened.legend("all").click()
    assert [opened.lines(name) for name in ("good", EVIL, "gone")] == [4, 4, 4]
    assert opened.page.locator(".panels").inner_html() == drawn
    assert opened.messages == []


def test_scales(opened: Opened) -> None:
    line = opened.page.locator(".panel").first.locator(".mean").first
    linear = line.get_attribute("d")
    button = opened.page.get_by_role("button", name="log scale").first
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert line.get_attribute("d") not in (linear, "")
    button.click()
    assert line.get_attribute("d") == linear


def test_the_pointer_is_told_seed_and_value(opened: Opened) -> None:
    opened.legend("none").click()
    opened.legend("good").click()
    panel = opened.page.locator(".panel").nth(1)
    box = panel.locator("svg").bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] - 13, box["y"] + box["height"] - 40)
    said = panel.locator(".hint").inner_text()
    assert said == "good\nseed 43, epoch 2\nvalidation accuracy 0.89\nmean of seeds 0.8967"
    opened.page.mouse.move(0, 0)
    assert not panel.locator(".hint").is_visible()


def test_a_diverged_run_ends_in_a_cross(opened: Opened) -> None:
    loss, accuracy = (opened.page.locator(".panel").nth(k) for k in (0, 1))
    assert loss.locator(".cross").count() == 3
    assert accuracy.locator(".cross").count() == 0


def test_a_click_on_a_header_sorts(opened: Opened) -> None:
    assert opened.column("experiment") == ["good", EVIL, "gone"]
    header = opened.page.get_by_role("button", name="val_loss", exact=True).first
    header.click()
    assert opened.column("experiment") == ["good", EVIL, "gone"]  # what is no number comes last
    header.click()
    assert opened.column("experiment") == [EVIL, "good", "gone"]
    opened.page.get_by_role("button", name="experiment", exact=True).first.click()
    assert opened.column("experiment") == sorted(["good", EVIL, "gone"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_confusion_matrix_fits_a_narrow_page(browser: Any, file: Path, scheme: str) -> None:
    page = Opened(browser, file, 400, scheme).page
    table = page.locator(".confusion")
    box = table.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 400
    right, wrong = table.locator("tbody td").nth(0), table.locator("tbody td").nth(1)
    background = "e => getComputedStyle(e).backgroundColor"
    assert right.evaluate(background) != wrong.evaluate(background)
    assert [right.inner_text(), wrong.inner_text()] == ["990", "10"]
    cells = [cell.bounding_box() for cell in table.locator("tbody td").all()]
    assert all(20 <= cell[side] <= 40 for cell in cells for side in ("width", "height"))
    name = table.locator("tbody th").first
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")  # whole
