"""Takes out of a text what nobody wants to show: passwords, keys, and whose home a path is in."""

from __future__ import annotations

import re

HIDDEN = "***"
_NAME = (
    r"(?:[A-Za-z0-9]{1,40}[-_.]){0,6}"
    r"(?:password|passwd|passphrase|pwd|secret|token|credentials?|auth|apikey"
    r"|(?:api|access|private|secret|license|wandb|comet|neptune|account)[-_.]?key)"
)
_NAMED = re.compile(
    rf"(?<![\w.-])(?P<name>-{{0,2}}{_NAME}[\"']?)(?P<between> {{0,3}}[=:] {{0,3}}|[ \t]{{1,3}})"
    r"(?P<value>\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|[^\s,;&\"']{1,500})",
    re.IGNORECASE,
)
_OWN_TOKENS = re.compile(
    r"(?:pad|eos|bos|unk|sep|cls|mask|end|start|stop|image)[-_.]token", re.IGNORECASE
)
"""A tokenizer's are no secrets."""
_HARMLESS = re.compile(r"[-+]?\d{1,6}(?:\.\d{1,6})?|true|false|none|null|-.{0,500}", re.IGNORECASE)
_SHAPES = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{20,200}|sk-[A-Za-z0-9_-]{20,200}|gh[opsur]_[A-Za-z0-9]{20,200}"
    r"|github_pat_\w{20,200}|glpat-[\w-]{20,200}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}"
    r"|xox[abprs]-[\w-]{10,200}|eyJ[\w-]{10,2000}\.[\w-]{10,2000}\.[\w-]{10,2000})"
)
_LOGIN = re.compile(r"(?<=://)[^/\s@]{1,200}@")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s\"']{1,100}")


def redacted(text: str) -> str:
    """The text, where a password or key is `***`, also in an address, and a home is `~`."""
    text = _LOGIN.sub(f"{HIDDEN}@", text)
    text = _SHAPES.sub(HIDDEN, text)
    return _HOME.sub("~", _NAMED.sub(_without, text))


def _without(match: re.Match[str]) -> str:
    name, between, value = match["name"], match["between"], match["value"]
    bare = value.strip("\"'")
    is_flag = name.startswith("-") or not between.isspace()
    if not is_flag or _HARMLESS.fullmatch(bare) or _OWN_TOKENS.search(name):
        return match[0]
    return f"{name}{between}{HIDDEN}"
