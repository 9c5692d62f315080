"""A format as a package of somebody else would bring it."""

from __future__ import annotations

FORMAT = """\
import re
from dataclasses import dataclass
import numpy as np
from tbingest import Evidence, Format, Problem, Rows

@dataclass
class Reader:
    consumed: int = 0
    line: int = 0
    _rest: bytes = b""

    def feed(self, data):
        *lines, self._rest = (self._rest + data).split(b"\\n")
        for line in lines:
            self.line, self.consumed = self.line + 1, self.consumed + len(line) + 1
            found = re.findall(r"(@|\\w+=)(\\S+)", line.decode())
            if not found or found[0][0] != "@":
                yield Problem("", self.line, None, "is no @ line", "write @STEP NAME=VALUE")
                continue
            values = {name.rstrip("="): np.array([float(text)]) for name, text in found}
            yield Rows({"step": values.pop("@"), **values}, np.array([self.line]))

    def close(self):
        return self.feed(b"\\n") if self._rest else ()

FORMAT = Format(
    name="at-lines",
    about="lines such as `@12 loss=0.5`",
    detect=lambda head: Evidence(0.95 if head.data.startswith(b"@") else 0.0, "begins with @"),
    reader=lambda head: Reader(),
)
"""


LOG = "@10 loss=0.5 acc=0.25\nsaved a checkpoint\n@20 loss=0.125\n@30 loss=-0.75 acc=inf"
