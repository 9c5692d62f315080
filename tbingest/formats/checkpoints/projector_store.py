"""What stands beside a matrix of vectors for the Projector: a label and a picture for each row.

vectors.npy
metadata.tsv
sprite.png

Neither is a log. Where there is one for each row, the matrix is shown with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

LABELS = ("metadata.tsv", "labels.tsv", "labels.txt", "vocab.txt", "tokens.txt")
SPRITE = "sprite.png"
_DUMPS = (".npy", ".npz", ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".keras", ".gguf")


def claim(listing: Listing) -> dict[str, Member | str]:
    """Labels and pictures in the folder of a parameter dump."""
    folders = {name.rpartition("/")[0] for name in listing.names if name.lower().endswith(_DUMPS)}
    found: dict[str, Member | str] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        if folder in folders and base in LABELS:
            found[name] = "labels for the rows of a matrix beside it"
        elif folder in folders and base == SPRITE:
            found[name] = "pictures for the rows of a matrix beside it"
    return found


STORE = Store(
    name="projector",
    about="labels and pictures beside a matrix, for the Projector",
    layout="vectors.npy\nmetadata.tsv\nsprite.png",
    claim=claim,
)
