"""Every file of the corpus, converted alone and with no flags, gives what its manifest counts.

`python tests/test_corpus.py` prints how each file fares, and which entries of `NOT_MET` are stale.
"""

# ruff: noqa: E501 - the paths of the corpus are long
from __future__ import annotations

import logging
import sys

import pytest
from helpers.corpus_facts import CORRECTED, manifest
from helpers.corpus_judge import Verdict, judge

NOT_MET: dict[str, str] = {
    "generic_csv/snet_bom/knn_kw-truncated.csv": "no column is called like a step or a metric: it could be a data set",
    "sklearn/gen_seed1/predictions.csv": "is counted as curves by record number; read as predictions, it gives their scores",
    "tidy/gmm_scoreboard_100.csv": "its Id is not each row's own: no column says that every row is a run",
}
"""Files that are not read as they should be yet, and why. A file that is, must not stand here."""

ENOUGH = 0.97
NAMES = [listed.name for listed in manifest()]
NO_CORPUS = pytest.param("", id="none", marks=pytest.mark.skip("TBINGEST_CORPUS names no corpus"))


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> None:
    """TensorBoard's loader speaks of every restart that it purges."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)


@pytest.mark.parametrize("name", NAMES or [NO_CORPUS])
def test_a_file_gives_what_the_manifest_counts(name: str) -> None:
    """Points, steps, wall times, runs, tags, hyperparameters and histograms, as far as it says."""
    verdict = judge(name)
    if name in NOT_MET:
        assert not verdict.met, f"is met now: strike it from NOT_MET ({NOT_MET[name]})"
    else:
        assert verdict.complaints == ()


@pytest.mark.skipif(not NAMES, reason="TBINGEST_CORPUS names no corpus")
def test_all_but_a_few_files_with_points_are_met() -> None:
    """The goal is a share, not a table that grows."""
    counted = [listed.name for listed in manifest() if "points" in listed.facts]
    met = sum(judge(name).met for name in counted)
    assert met >= ENOUGH * len(counted), f"{met} of {len(counted)}"


@pytest.mark.skipif(not NAMES, reason="TBINGEST_CORPUS names no corpus")
def test_the_table_names_files_of_the_corpus() -> None:
    """No entry outlives its file."""
    assert set(NOT_MET) <= set(NAMES)


@pytest.mark.skipif(not NAMES, reason="TBINGEST_CORPUS names no corpus")
def test_corrections_name_files_and_facts_of_the_corpus() -> None:
    """A correction replaces a fact; it adds none."""
    assert set(CORRECTED) <= set(NAMES)
    assert all(reason for _, reason in CORRECTED.values())


def _line(verdict: Verdict) -> str:
    want = "-" if verdict.want is None else verdict.want
    counts = f"{want}\t{verdict.read}\t{verdict.written}\t{verdict.superseded}"
    said = "met" if verdict.met else "; ".join(verdict.complaints)
    listed = verdict.listed
    return f"{listed.name}\t{listed.form}\t{verdict.read_as}\t{counts}\t{said}"


def main() -> None:
    """Print the table, the share that is met, and what is stale."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    write = sys.stdout.write
    write("path\tformat\tread as\twant\tread\twritten\tsuperseded\tmet?\n")
    verdicts = [judge(name) for name in NAMES]
    for verdict in verdicts:
        write(_line(verdict) + "\n")
    met = {verdict.listed.name for verdict in verdicts if verdict.met}
    write(f"\n{len(met)} of {len(verdicts)} are met\n")
    for name in sorted(met & set(NOT_MET)):
        write(f"met, but in NOT_MET: {name}\n")
    for name in sorted(set(NAMES) - met - set(NOT_MET)):
        write(f"not met, and not in NOT_MET: {name}\n")


if __name__ == "__main__":
    main()
