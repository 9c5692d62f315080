"""What precedes a message: time, level, logger, module and line, process, rank, host; taken off."""

from __future__ import annotations

import re

_LEVEL = (
    r"(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL|NOTICE|SUCCESS"
    r"|[Ii]nfo|[Dd]ebug|[Ww]arning)"
)
_CLOCK = r"\d\d?:\d\d(?::\d\d)?(?:[.,:]\d{1,9})?(?: ?[AP]M\b)?"
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
STAMPED = (
    rf"(?:\d{{4}}[-/.]\d\d?[-/.]\d\d?(?:[T _-]{{1,2}}{_CLOCK})?"
    r"(?:Z|\s?[+-]\d\d:?\d\d|\s(?:UTC|GMT))?"
    rf"|\d\d?[-/]\d\d?(?:[-/]\d{{2,4}})?[ T,]{{1,2}}{_CLOCK}"
    rf"|{_DAY}{_MONTH} {{1,2}}\d\d?,? {{1,2}}(?:\d{{4}} )?{_CLOCK}(?: {{1,2}}\d{{4}})?"
    rf"|{_DAY}\d\d? {_MONTH},? {{1,2}}(?:\d{{4}},? {{1,2}})?{_CLOCK}"
    rf"|{_CLOCK})"
)
_SOURCE = (
    r"(?:[\w.\-/<>]{1,120}+(?<=\.py|cpp|\.cc|ava|\.rs|\.go)"
    r"(?:[:\s(]{1,3}\d{1,6}\)?|\[(?:line[: ]{0,2})?\d{1,6}\])?(?::\w{1,60})?"
    r"|[\w.\-<>]{0,80}:\w{1,80}:\d{1,6}|\w{1,80}\$:\d{1,6}|(?:\w{1,60}\.){1,12}\w{1,60}(?::\d{1,6})?)"
)
_WHO = r"(?:[Rr]ank|RANK|GPU|gpu|[Ww]orker|proc|pid)"
_WHO_SAYS = re.compile(r"\b(rank|gpu|worker)\s{0,4}[:=#]?\s{0,4}(\d{1,8})\b", re.IGNORECASE)
_PREFIX = re.compile(
    "|".join(
        (
            r"(?<!.)\d{1,7}\.\d{1,3}s\s{1,4}\d{1,7}(?:\s|$)",  # Kaggle: seconds, line's number
            rf"\s*+\[\s*+{STAMPED}[^\]]{{0,80}}\]\s*+:?",
            rf"\s*+\(\s*+{STAMPED}\s*+\)\s*+:?",
            rf"\s*+<\s*+{STAMPED}\s*+>",
            rf"\s*+\[{_LEVEL}[^\]\d]{{0,40}}\]",
            rf"\s*+[\[┌] {_LEVEL}:\s",  # Julia
            rf"\s*+\[?{_LEVEL}\]?\s*+:(?:[\w.]{{1,80}}:)?\s?",
            rf"\s*+{_LEVEL}\s++(?=\S)",
            r"\s*+[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s++\d{1,18} [\w./\-]{1,80}:\d{1,6}\]",
            r"\s*+[IWEF] [\w./\-]{1,80}:\d{1,6}\]",
            rf"{STAMPED} (?:stdout|stderr) [FP] ",  # a container's log in a cluster
            rf"\s*+{STAMPED}(?=[\s\]|:;,\-])\s*+:?",
            rf"\s*+\(?(?![\d.eE+\-\s|,;%naif]++$){_SOURCE}\)?\s*[\]:\-|]*\s+(?:-\s)?",
            rf"\s*+\[(?!\d+\.\d){_SOURCE}[^\]]{{0,80}}\]\s*+:?",
            r"\s*+\([\w.]{1,80}:\d{1,6}\)\s*+",
            r"\s*+\([A-Za-z]\w{0,80} (?:pid|rank|ip)=[^)]{0,80}\)",
            rf"\s*+[\[(]{{0,2}}{_WHO}\s*+[:=#]?\s*+\d{{1,8}}[)\]]{{0,2}}\s*+:?(?=[\s|(:])",
            rf"\s*+[\[(]{_WHO}\s*+[:=#]?\s*+\d{{1,8}}[)\]](?=\s)",
            r"\s*+\[\d{1,8}\]:?\s(?=\[)",
            rf"\s*+\d{{1,5}}:\s++(?=[\[(]{{0,2}}{_WHO}\s*+[:=#]?\s*+\d)",  # srun --label
            rf"\s*+\[[\w.\-]{{1,80}}\]\s++(?={STAMPED})",
            r"wandb:\s++(?=\S)",
            r"\s*+__\w{1,40}__\s{0,4}[\-:|]\s++",  # INFO - __main__ -
            r"\.{8,}+",
            r"\s*+[-=]*+>+\s",
            r"\s*+[-|*•>]\s++(?=\S)",
        )
    )
)
_LOGGER = re.compile(
    rf"\s*(?:[|:\-]\s+)?(?:[\w.:\-/\\]{{1,80}}\s+){{0,3}}(?={_LEVEL}\b)|\s*[|\-]\s+"
)
_SAID = re.compile(rf"\b{_LEVEL}\b")
_EMPTY = " -|[]():"
_ARROW = re.compile(r"\s*[-=]*+>+\s|\s*[-|*•>]\s")
_BETWEEN = re.compile(r"\s*+(?:[\-:|]\s++)?(?=[|│┃+\-=_*#━─═┌└├╭╰╞┬┴┼])")
"""A logger's last separator, before a row of a box or a line that is drawn."""
_MOST = 9


def who_of(prefix: str) -> re.Match[str] | None:
    """Who says a line, of several that say the same: `[rank 0]`, `Worker 3:`, `[GPU1]`."""
    return _WHO_SAYS.search(prefix)


def _goes_on(line: str, start: int, level: int) -> bool:
    """Whether a word that is called like a level is the message's: one was said before.

    `INFO Epoch 3 CV info cv_loss 0.5`, and not `INFO:root:name - INFO - cv_loss 0.5`.
    """
    return line[level : level + 1].islower() and bool(_SAID.search(line, 0, start))


def message_start(line: str) -> tuple[int, int]:
    """Where the message of a line begins, behind what loggers put before it, in whatever order; and
    where that ends, before the bullets, arrows and bars that the message itself begins with.

    For lines such as `2024-01-02 03:04:05,678 - root - INFO - loss: 0.5`, `[I 12:30:01 main:20] x`,
    `(Worker pid=12) x`, `INFO:main:x` and `>> x`.
    """
    start = logged = 0
    for _ in range(_MOST):
        found = _PREFIX.match(line, start)
        if not found or found.end() == start:
            break
        got = found[0]
        marked = _ARROW.match(got)
        if not got.strip(_EMPTY) and not marked:
            break
        first = not start
        start = found.end()
        if not marked and (logged or first):
            logged = start
        logger = _LOGGER.match(line[start : start + 60])
        if logger and not _goes_on(line, start, start + logger.end()):
            start += logger.end()
    return start, logged


def behind(line: str, logged: int) -> str:
    """A row of a box or a line that is drawn, without what loggers wrote before it."""
    found = _BETWEEN.match(line, logged) if logged else None
    return line[found.end() :] if found else line
