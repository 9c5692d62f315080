"""Counts in words."""


def plural(count: int, word: str) -> str:
    """1 run, 2,000 runs, 2 studies."""
    if count == 1 or word.endswith("s"):
        return f"{count:,} {word}"
    return f"{count:,} {word[:-1]}ies" if word.endswith("dy") else f"{count:,} {word}s"
