"""Logs of reinforcement learning libraries. The curves are those of the small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def monitor(root: Path, expected: Expected) -> None:
    """Two environments side by side; the first was resumed and has a second header."""
    folder = root / "formats" / "monitor"
    folder.mkdir(parents=True)
    records = Training(Config(seed=20, steps=60)).records
    for rank in (0, 1):
        path = folder / f"{rank}.monitor.csv"
        header = f'#{{"t_start": {START}, "env_id": "Spirals-v0"}}\n'
        lines = [header, "r,l,t,is_success\r\n"]
        step = 0
        run = f"formats/monitor/{rank}.monitor"
        for number, record in enumerate(records[rank::4]):
            if rank == 0 and number == 10:
                lines += [header.replace(str(START), str(START + 100)), "r,l,t,is_success\r\n"]
            length, reward = 20 + number + rank, round(100 * record.acc, 6)
            step += length
            success = record.acc > 0.5
            lines.append(f"{reward},{length},{round(record.time - START, 6)},{success}\r\n")
            expected.scalar(run, "r", step, reward)
            expected.scalar(run, "l", step, length)
            expected.scalar(run, "is_success", step, float(success))
        path.write_text("".join(lines), encoding="utf-8", newline="")
        expected.file(path, 3 * len(records[rank::4]))


MAKERS = ((monitor, "formats/monitor"),)
