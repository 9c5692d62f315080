"""DVCLive's folder: a TSV for each metric, and beside them what repeats or describes them.

dvclive/plots/metrics/train/loss.tsv
dvclive/metrics.json
dvclive/params.yaml
dvclive/plots/sklearn/confusion_matrix.json
dvclive/report.md

It is one run; a metric's tag is its path below `plots/metrics`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.names.files import stem_of

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_METRIC = re.compile(
    r"(?=.+\.tsv\Z)(?:(?P<run>.+?)/)?(?:plots/metrics|plots/scalars|scalars)/(?P<tag>.+)\.tsv",
    re.DOTALL,
)
_OLD_METRIC = re.compile(r"(?=.+\.tsv\Z)(?P<run>(?:.*/)?dvclive)/(?P<tag>.+)\.tsv", re.DOTALL)
_SUMMARY = re.compile(r"(?:(?P<run>.+)/)?(?:metrics|dvclive)\.json", re.DOTALL)
_EVALUATION = re.compile(r"plots/sklearn/.+\.json", re.DOTALL)
_NOT_READ = (
    (re.compile(r"\Aplots/(?!images/|metrics/).+\.json", re.DOTALL), "a plot that is not drawn"),
    (re.compile(r"dvc\.yaml"), "what DVC is to show, no log"),
    (re.compile(r"report\.(md|html|ipynb)"), "a report of the same values"),
)


def claim(listing: Listing) -> dict[str, Member | str]:
    """All that DVCLive writes."""
    claims: dict[str, Member | str] = {}
    runs = set()
    for name in listing.names:
        match = _METRIC.fullmatch(name) or _OLD_METRIC.fullmatch(name)
        if match and _is_metric(listing.text(name), match["tag"]):
            run = match["run"] or ""
            runs.add(run)
            above = match["tag"].rpartition("/")[0]
            claims[name] = Member("dvclive-tsv", run, tag=above)
    for name in listing.names:
        match = _SUMMARY.fullmatch(name)
        run = (match["run"] or "") if match else ""
        if match and (run in runs or run.rpartition("/")[2] == "dvclive"):
            runs.add(run)
            claims[name] = Member("dvclive-summary", run, turn=1)
    for name in listing.names if runs else ():
        run, rest = _below(name, runs)
        if rest and _EVALUATION.fullmatch(rest):
            claims.setdefault(name, Member("", run))
        reason = next((reason for form, reason in _NOT_READ if form.fullmatch(rest)), "")
        if reason:
            claims.setdefault(name, reason)
    return claims


def _is_metric(text: str, tag: str) -> bool:
    """True for a header of a step and a column that is called as the file."""
    header = text.partition("\n")[0].rstrip("\r").split("\t")
    return header[-2:] == ["step", stem_of(f"{tag}.tsv".rpartition("/")[2])]


def _below(name: str, runs: set[str]) -> tuple[str, str]:
    """The run that a file lies in, and its path there; empty where it lies in none."""
    above = name
    while above:
        above = above.rpartition("/")[0]
        if above in runs:
            return above, name.removeprefix(f"{above}/") if above else name
    return "", ""


STORE = Store(
    name="dvclive",
    about="DVCLive's folders",
    layout="dvclive/plots/metrics/train/loss.tsv\ndvclive/metrics.json\ndvclive/params.yaml",
    claim=claim,
)
