"""AllenNLP's serialization folder: a file of metrics for each epoch, and one for the end.

metrics_epoch_0.json
metrics_epoch_1.json
metrics.json

They are one run; the last file says the last epoch's metrics again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_FILE = re.compile(r"metrics(?:_epoch_(\d{1,9}))?\.json")
_LAST = 1 << 60


def claim(listing: Listing) -> dict[str, Member | str]:
    """The metrics of folders that have files for epochs."""
    found: dict[str, dict[str, int]] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        match = _FILE.fullmatch(base)
        if match:
            found.setdefault(folder, {})[name] = int(match[1]) if match[1] else _LAST
    claims: dict[str, Member | str] = {}
    for folder, files in found.items():
        first = min(files, key=files.__getitem__)
        if files[first] < _LAST and '"training_' in listing.text(first):
            for name, turn in files.items():
                claims[name] = Member("allennlp", folder, turn=turn, history=True)
    return claims


STORE = Store(
    name="allennlp",
    about="AllenNLP serialization folders: the files of all epochs are one run",
    layout="metrics_epoch_0.json\nmetrics_epoch_1.json\nmetrics.json",
    claim=claim,
)
