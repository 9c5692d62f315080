"""A real TensorBoard, asked over HTTP as its own pages ask it. Loopback only."""

from __future__ import annotations

import json
import math
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tbingest.serve import ServeOptions, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def tensorboard(logdir: Path | str, load_fast: str = "auto") -> Iterator[str]:
    """The URL of a TensorBoard that keeps every point and reloads every second."""
    options = ServeOptions(all_points=True, reload_seconds=1, load_fast=load_fast)
    with Server(Path(logdir), options) as server:
        yield server.url.rstrip("/")


def get(url: str, path: str, **query: str | int) -> bytes:
    with urlopen(f"{url}{path}?{urlencode(query)}", timeout=30) as answer:  # noqa: S310
        return answer.read()


def get_json(url: str, path: str, **query: str | int) -> Any:
    return json.loads(get(url, path, **query))


def post_json(url: str, path: str, body: Any) -> Any:
    request = Request(  # noqa: S310
        url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())


def number(value: Any) -> float:
    """TensorBoard sends what is not finite as a string."""
    return float(value) if not isinstance(value, str) else float(value.lower())


def runs(url: str) -> list[str]:
    return get_json(url, "/data/runs")


def tags(url: str, plugin: str) -> dict[str, Any]:
    return get_json(url, f"/data/plugin/{plugin}/tags")


def scalars(url: str, run: str, tag: str) -> list[tuple[float, int, float]]:
    """(wall time, step, value) of each point."""
    found = get_json(url, "/data/plugin/scalars/scalars", run=run, tag=tag)
    return [(wall, step, number(value)) for wall, step, value in found]


def all_scalars(url: str) -> dict[tuple[str, str], list[tuple[float, int, float]]]:
    """Every scalar series by run and tag, in one request a tag."""
    found: dict[tuple[str, str], list[tuple[float, int, float]]] = {}
    by_tag: dict[str, list[str]] = {}
    for run, names in tags(url, "scalars").items():
        for tag in names:
            by_tag.setdefault(tag, []).append(run)
    for tag, of in by_tag.items():
        for run in of:
            found[run, tag] = scalars(url, run, tag)
    return found


def histograms(url: str, run: str, tag: str) -> list[tuple[float, int, list[list[float]]]]:
    """(wall time, step, buckets) of each histogram."""
    return [
        tuple(entry)
        for entry in get_json(url, "/data/plugin/histograms/histograms", run=run, tag=tag)
    ]


def texts(url: str, run: str, tag: str) -> list[dict[str, Any]]:
    return get_json(url, "/data/plugin/text/text", run=run, tag=tag, markdown="true")


def images(url: str, run: str, tag: str) -> list[dict[str, Any]]:
    return get_json(url, "/data/plugin/images/images", run=run, tag=tag, sample=0)


def image_bytes(url: str, query: str) -> bytes:
    with urlopen(f"{url}/data/plugin/images/individualImage?{query}", timeout=30) as answer:  # noqa: S310
        return answer.read()


def hparams(url: str) -> list[dict[str, Any]]:
    """The session groups of the HParams tab."""
    body = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
        "colParams": [],
        "startIndex": 0,
        "sliceSize": 1000,
    }
    return post_json(url, "/data/plugin/hparams/session_groups", body)["sessionGroups"]


def wait_for(question: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true answer; fails where none comes in time.

    TensorBoard's Python loader notes a tag's metadata before it holds its first tensor, and
    answers 500 (a KeyError in ``DataProvider._list``) to what is asked between the two: while a
    logdir is loading, that is no answer yet.
    """
    deadline = time.monotonic() + seconds
    last = "no answer"
    while time.monotonic() < deadline:
        try:
            if answer := question():
                return answer
        except HTTPError as error:
            if error.code != 500:
                raise
            last = str(error)
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds} s: {last}")


def same(one: float, other: float) -> bool:
    """Equal, or both NaN."""
    return one == other or (math.isnan(one) and math.isnan(other))
