"""Counts in words."""


def plural(count: int, word: str) -> str:
    """1 run, 2,000 runs."""
    return f"{count:,} {word}" + ("" if count == 1 or word.endswith("s") else "s")
