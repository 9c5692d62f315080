"""A real Chromium over `tbingest serve` on the sample logs: every tab, one thing by value in each.

Screenshots are kept where TBINGEST_SCREENSHOTS says, else in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from helpers import tbhttp
from helpers.chromium import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

RUN = "pytorch_loop"
SHOWN = (
    *("media/audio", "generations", "media/image", "media/mesh", "checkpoints/onnx"),
    *("predictions/predictions", "predictions/plots", "checkpoints/projector"),
)
"""The samples of single formats that fill tabs of their own."""

OLDER = (
    *("scalars", "custom_scalars", "images", "audio", "distributions", "histograms"),
    *("text", "pr_curves"),
)
"""Tabs that show all runs, whatever the page's address says, and can be told not to."""

WAIT = 60_000


@pytest.fixture(scope="module")
def url(samples: Path, tmp_path_factory: Any) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("browser") / "runs"
    command = [sys.executable, "-m", "tbingest", "convert", "--logdir", str(logdir)]
    # TensorBoard selects no run where there are more than 40.
    for paths in ([samples, "--exclude", "formats/*"], [samples / "formats" / n for n in SHOWN]):
        subprocess.run([*command, *map(str, paths)], check=True, capture_output=True)
    with tbhttp.tensorboard(logdir) as address:
        tbhttp.wait_for(lambda: RUN in tbhttp.runs(address))
        yield address


@pytest.fixture
def tab(browser: Any, url: str) -> Iterator[Callable[[str], Any]]:
    """Opens a tab of TensorBoard; afterwards no page error and no foreign request has been seen."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))

    def requested(request: Any) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            wrong.append(f"request to {request.url}")

    page.on("request", requested)

    def opened(name: str, run: str = RUN) -> Any:
        page.goto(f"{url}/?runFilter=^{run}$#{name}", wait_until="domcontentloaded")
        if name.partition("&")[0] in OLDER:  # they have a filter of their own
            page.locator("tf-multi-checkbox input").first.fill(f"^{run}$")
        return page

    yield opened
    context.close()
    assert wrong == []


def test_time_series_show_the_curves(tab: Any, tmp_path: Path) -> None:
    """Beside a layer's weights and the overview: scalars, histograms and images are one page."""
    page = tab("timeseries")
    page.get_by_role("button", name="Settings").click()  # the panel takes a fifth of the page
    tags = (
        "train/loss",
        "val/loss",
        "lr",
        "images/predictions",
        "overview",
        "weights/layer2/weight",
    )
    asked = page.get_by_role("combobox", name="Filter tags (regex)")
    asked.fill(f"^({'|'.join(tags)})$")
    asked.press("Escape")
    page.get_by_text("train/loss", exact=True).first.wait_for()
    page.get_by_text("val/loss", exact=True).first.wait_for()
    for card in ("scalar-card svg", "image-card img", "histogram-card svg"):
        page.wait_for_selector(f"card-view {card}")
    page.wait_for_timeout(1500)  # the curves are drawn after the cards
    keep(page, "curves", tmp_path)


def test_histograms_show_a_layer(tab: Any, tmp_path: Path) -> None:
    """Each dump of a weight is a slice: seven steps."""
    page = tab("histograms&tagFilter=^weights/layer2/weight$")
    # Other runs have a layer of that name, too.
    charts = page.locator("vz-histogram-timeseries")
    charts.first.wait_for(state="attached")
    tbhttp.wait_for(lambda: 7 in [one.locator("g.histogram").count() for one in charts.all()])
    page.wait_for_timeout(1000)
    keep(page, "weights", tmp_path)


def test_distributions_show_a_layer(tab: Any, tmp_path: Path) -> None:
    """The same weights over the steps."""
    page = tab("distributions&tagFilter=^weights/layer2/weight$")
    chart = page.locator("vz-distribution-chart").first
    chart.locator("path.area, path").first.wait_for(state="attached")
    page.wait_for_timeout(1000)
    keep(page, "distributions", tmp_path)


SLICES = """() => [...document.querySelectorAll('*')].flatMap(function deep(one) {
    const inner = one.shadowRoot ? [...one.shadowRoot.querySelectorAll('*')] : [];
    return [one, ...inner.flatMap(deep)];
}).filter((one) => one.matches('g.histogram')).map((one) => {
    const {step, bins} = one.__data__;
    const count = bins.reduce((sum, bin) => sum + bin.y, 0);
    const mean = bins.reduce((sum, bin) => sum + bin.y * (bin.x + bin.dx / 2), 0) / count;
    const off = (bin) => bin.x + bin.dx / 2 - mean;
    const spread = bins.reduce((sum, bin) => sum + bin.y * off(bin) ** 2, 0) / count;
    return {step, count, std: Math.sqrt(spread)};
})"""
"""What the page draws of each step of each run: how many numbers, and how wide they spread."""


def drift_of(samples: Path) -> dict[int, np.ndarray]:
    """The weights of the second layer by step, read without any code of ours."""
    found = {}
    for path in sorted((samples / "drift" / "checkpoints").glob("*.safetensors")):
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        start, stop = header["layer2.weight"]["data_offsets"]
        numbers = np.frombuffer(data[8 + length + start : 8 + length + stop], "<f4")
        found[int(header["__metadata__"]["global_step"])] = numbers
    return found


def test_histograms_show_the_drift_of_ten_checkpoints(
    tab: Any, samples: Path, tmp_path: Path
) -> None:
    """Each slice is as wide as the weights of its step, which widen in the training."""
    page = tab("histograms&tagFilter=^weights/layer2/weight$", "drift")
    page.locator("vz-histogram-timeseries").first.locator("g.histogram").nth(9).wait_for(
        state="attached"
    )
    arrays = drift_of(samples)
    size = arrays[0].size  # another run shows a smaller layer of that name
    slices = {one["step"]: one for one in page.evaluate(SLICES) if round(one["count"]) == size}
    assert sorted(slices) == sorted(arrays)
    assert len(arrays) == 10
    for step, numbers in arrays.items():
        assert slices[step]["std"] == pytest.approx(numbers.std(), rel=0.05)
    stds = [numbers.std() for numbers in arrays.values()]
    assert stds == sorted(stds)
    assert stds[-1] > 1.5 * stds[0]
    page.wait_for_timeout(1000)
    keep(page, "drift", tmp_path)


def test_distributions_show_the_drift_of_ten_checkpoints(
    tab: Any, url: str, samples: Path, tmp_path: Path
) -> None:
    """The page draws what it is sent: bands that reach as far as the weights do."""
    where = {"run": "drift", "tag": "weights/layer2/weight"}
    sent = tbhttp.get_json(url, "/data/plugin/distributions/distributions", **where)
    arrays = drift_of(samples)
    assert [step for _, step, _ in sent] == sorted(arrays)
    for _, step, bands in sent:
        reach = (bands[0][1], bands[-1][1])
        assert reach == pytest.approx((arrays[step].min(), arrays[step].max()), rel=1e-5)
    page = tab("distributions&tagFilter=^weights/layer2/weight$", "drift")
    chart = page.locator("vz-distribution-chart").first
    chart.locator("path.area, path").first.wait_for(state="attached")
    page.wait_for_timeout(1000)
    keep(page, "drift-distributions", tmp_path)


def test_texts_show_the_notes(tab: Any, tmp_path: Path) -> None:
    """The notes are rendered, not shown as Markdown."""
    page = tab("text&tagFilter=^notes$")
    page.wait_for_selector("tf-text-loader")
    strong = page.locator("tf-text-loader strong", has_text="halving the learning rate")
    strong.first.wait_for(state="attached")
    assert strong.first.inner_text() == "halving the learning rate"
    keep(page, "text", tmp_path)


def test_images_show_the_pictures_in_their_size(tab: Any, tmp_path: Path) -> None:
    """A picture is 128 pixels wide, as the script drew it; the overview figure is there."""
    page = tab("images&tagFilter=^(images/predictions|overview)$")
    page.locator("tf-image-loader", has_text="overview").nth(1).wait_for(state="detached")
    page.wait_for_selector("tf-image-loader img")
    widths = page.wait_for_function(
        """() => {
            const deep = (root) => [...root.querySelectorAll('*')].flatMap(
                (one) => [one, ...(one.shadowRoot ? deep(one.shadowRoot) : [])]);
            const found = deep(document).filter((one) => one.tagName === 'IMG' &&
                one.src.includes('individualImage') && one.complete && one.naturalWidth);
            const widths = found.map((one) => one.naturalWidth);
            return widths.includes(128) && widths.some((one) => one > 400) ? widths : null;
        }"""
    ).json_value()
    assert 128 in widths
    keep(page, "plot", tmp_path)


def test_hparams_list_the_runs(tab: Any, tmp_path: Path) -> None:
    """A row for the run, with its learning rate."""
    page = tab("hparams")
    page.get_by_text(RUN, exact=False).first.wait_for()
    page.get_by_text("0.020000", exact=True).first.wait_for()
    keep(page, "hparams", tmp_path)


def test_custom_scalars_share_a_chart(tab: Any, tmp_path: Path) -> None:
    """The loss of training and of validation are two lines of one chart."""
    page = tab("custom_scalars")
    chart = page.locator("tf-custom-scalar-multi-line-chart-card").first
    chart.wait_for()
    for split in ("train", "val"):
        chart.get_by_text(f"{split}/loss").first.wait_for(state="attached")
    page.wait_for_timeout(1500)
    keep(page, "custom-scalars", tmp_path)


def test_pr_curves_show_a_class(tab: Any, tmp_path: Path) -> None:
    """A curve for each class of the predictions."""
    page = tab("pr_curves", "predictions")
    for name in ("left", "right"):
        page.get_by_text(f"val_predictions/pr_curve/{name}").first.wait_for()
    page.locator("tf-pr-curve-card").get_by_text("step 3").first.wait_for()
    lines = page.locator("tf-pr-curve-card vz-line-chart2 path, tf-pr-curve-card path.line")
    assert lines.first.get_attribute("d", timeout=WAIT)
    page.wait_for_timeout(1500)
    keep(page, "pr-curves", tmp_path)


def test_pictures_of_an_epoch_are_a_grid(tab: Any, tmp_path: Path) -> None:
    """Four of them, and a tag of its own for what has the same name in each epoch."""
    page = tab("images&tagFilter=^(sample|doubt)$", "image")
    shown = page.locator("tf-image-loader", has_text="sample").locator("img").first
    shown.wait_for()
    assert shown.evaluate("img => [img.naturalWidth, img.naturalHeight]") == [76, 102]
    page.locator("tf-image-loader", has_text="doubt").locator("img").first.wait_for()
    page.wait_for_timeout(1000)
    keep(page, "grid", tmp_path)


def test_the_projector_shows_an_embedding(tab: Any, tmp_path: Path) -> None:
    """All its points, with the columns of their labels."""
    page = tab("projector", "projector")
    inner = page.frame_locator("iframe").frame_locator("iframe")
    inner.locator(".numDataPoints", has_text="48").first.wait_for()
    inner.locator(".dim", has_text="6").first.wait_for()
    for name in ("word", "group"):
        inner.locator("paper-item", has_text=name).first.wait_for(state="attached")
    page.wait_for_timeout(3000)
    keep(page, "projector", tmp_path)


def test_sounds_can_be_heard(tab: Any, tmp_path: Path) -> None:
    """The browser decodes the WAV file, and knows how long it is."""
    page = tab("audio", "audio")
    player = page.locator("tf-audio-loader audio").first
    player.wait_for(state="attached")
    seconds = player.evaluate(
        """async (audio) => {
            const answer = await fetch(audio.currentSrc || audio.querySelector('source').src);
            const sound = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(
                await answer.arrayBuffer());
            return sound.duration;
        }"""
    )
    assert seconds == pytest.approx(0.25, abs=0.01)
    page.get_by_text("samples/tone").first.wait_for()
    keep(page, "audio", tmp_path)


def test_meshes_show_a_shape(tab: Any, tmp_path: Path) -> None:
    """The ball of the last step is drawn."""
    page = tab("mesh", "mesh")
    page.get_by_text("shapes", exact=True).first.wait_for()
    page.locator("tf-mesh-loader", has_text="step 300").first.wait_for()
    page.locator("tf-mesh-loader canvas").first.wait_for()
    page.wait_for_timeout(2000)
    keep(page, "mesh", tmp_path)


def test_graphs_show_the_network(tab: Any, tmp_path: Path) -> None:
    """Its layers are boxes, one behind the other."""
    page = tab("graphs&run=onnx", "onnx")
    scene = page.locator("tf-graph-scene")
    for name in ("layer1", "layer2", "head"):
        scene.locator("g.node text", has_text=name).first.wait_for(state="attached")
    page.wait_for_timeout(2000)
    keep(page, "graph", tmp_path)


def test_scalars_show_the_curves(tab: Any, tmp_path: Path) -> None:
    """The older tab, by tag: the loss of training and of validation."""
    page = tab("scalars&tagFilter=^(train|val)/loss$")
    for name in ("train/loss", "val/loss"):
        page.locator("tf-scalar-card", has_text=name).first.wait_for()
    page.wait_for_timeout(1500)
    keep(page, "scalars", tmp_path)


def test_texts_show_what_a_model_wrote(tab: Any, tmp_path: Path) -> None:
    """A table for each step."""
    page = tab("text&tagFilter=^generations/samples$", "generations")
    cell = page.locator("tf-text-loader td", has_text="15 + 15 =")
    cell.first.wait_for(state="attached")
    page.get_by_text("4 more are not shown").first.wait_for(state="attached")
    keep(page, "samples", tmp_path)
