"""Counts in words."""


def plural(count: int, word: str) -> str:
    """1 run, 2,000 runs, 2 studies."""
    if count == 1 or word.endswith("s"):
        return f"{count:,} {word}"
    return f"{count:,} {word[:-1]}ies" if word.endswith("dy") else f"{count:,} {word}s"


def counted(count: int, word: str) -> str:
    """The same, of kinds of values too: 2 meshes, 2 losses."""
    odd = {"mesh": "meshes", "loss": "losses"}.get(word)
    return f"{count:,} {odd}" if odd and count != 1 else plural(count, word)
