"""S14: following 5,000 files of which none changes, as a share of one core.

Goal: at most 3 %. `--sweep-only` as on a network file system, where nothing tells of changes.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import machine_line

import tbingest.pipeline.follow
from tbingest.sources import watch as watching

FILES = 5_000
SECONDS = 60.0


def main() -> None:
    print(machine_line())
    if "--sweep-only" in sys.argv:
        watching.is_network = lambda *_: True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(FILES):
            log = folder / "logs" / f"run{number // 10:03d}" / f"log{number % 10}.jsonl"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n')
        stop = threading.Event()
        options = tbingest.Options(plots="none")
        thread = threading.Thread(
            target=lambda: tbingest.follow(
                folder / "logs", folder / "runs", options, stop=stop.is_set
            )
        )
        thread.start()
        time.sleep(90)  # until all is read, and has rested
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        time.sleep(SECONDS)
        after = resource.getrusage(resource.RUSAGE_SELF)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        share = 100 * spent / (time.monotonic() - began)
        print(f"S14 {FILES:,} idle files: {share:.2f} % of a core (goal 3 %)")
        stop.set()
        thread.join()


if __name__ == "__main__":
    main()
