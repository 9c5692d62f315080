"""`tbingest.replay` drives a SummaryWriter: the oracle for what our event files hold."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest
from helpers.loaded import shown

import tbingest

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")


@pytest.mark.parametrize("name", ["hf_finetune", "pytorch_loop", "jsonl_run", "resumed"])
def test_a_summary_writer_gives_the_same_scalars(samples: Path, tmp_path: Path, name: str) -> None:
    """Ours are the points that tensorboardX writes, as TensorBoard loads both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboardX import SummaryWriter

        writer = SummaryWriter(str(tmp_path / "oracle" / name), flush_secs=1)
        points = [group for group in tbingest.read(samples / name, PLAIN) if group.kind == "scalar"]
        count = tbingest.replay(points, writer)
        writer.close()
    report = tbingest.convert(samples / name, tmp_path / "ours", PLAIN)
    assert count == sum(len(group) * len(group.tags) for group in points)
    assert report.points > 0
    ours = {key: found for key, found in shown(tmp_path / "ours").items() if _are_scalars(found)}
    oracle = {key: last_wins(found) for key, found in shown(tmp_path / "oracle").items()}
    assert ours == oracle


def test_every_kind_can_be_replayed(samples: Path, tmp_path: Path) -> None:
    """Histograms, texts, pictures and hyperparameters reach the writer's own methods."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboardX import SummaryWriter

        writer = SummaryWriter(str(tmp_path / "all"))
        groups = list(tbingest.read(samples / "pytorch_loop", PLAIN))
        count = tbingest.replay(groups, writer)
        writer.close()
    assert {group.kind for group in groups} == {"scalar", "histogram", "text", "image", "hparams"}
    assert count == sum(len(group) * len(group.tags) for group in groups)


def _are_scalars(found: list[tuple[int, object]]) -> bool:
    return isinstance(found[0][1], str)


def last_wins(found: list[tuple[int, object]]) -> list[tuple[int, object]]:
    """A SummaryWriter writes every point: the default loader's rule is applied here."""
    kept: list[tuple[int, object]] = []
    for step, value in found:
        while kept and kept[-1][0] >= step:
            kept.pop()
        kept.append((step, value))
    return kept
