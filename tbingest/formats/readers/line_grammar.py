"""What a line of a text log says: which of its numbers are counters, which values, under which key.

A line is split at its numbers. Lines that differ in their numbers only have the same *shape*, the
texts between them; a shape is understood once, and every line of it is read by that plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.readers.terminal import is_stamp, to_float

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GLOBAL = frozenset(
    "global_step globalstep total_steps total_timesteps num_timesteps timesteps env_steps "
    "num_updates".split()
)
STEP = frozenset(
    "step steps iter iters iteration iterations itr it update updates up batch minibatch s i "
    "train_step training_step current_step optimizer_step".split()
)
EPOCH = frozenset("epoch epochs ep e".split())
OTHER = frozenset("episode episodes round generation gen game trial tick cycle rollout".split())
_COUNTERS = (("global", GLOBAL), ("step", STEP), ("epoch", EPOCH), ("other", OTHER))
_LETTERS = frozenset("s i e it".split())
"""Too short to be a counter without `:`, `=` or `[`, but at the beginning."""

_SPLITS = {"training": "train", "evaluation": "eval", "testing": "test"}
_SPLIT_WORDS = r"train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev"
_LABEL = re.compile(rf"(?<![\w./\\\-])({_SPLIT_WORDS})(?![\w./\\\-])", re.IGNORECASE)
_OWNER = re.compile(r"(\w+)'s (.+)")
_OWN_SPLIT = re.compile(rf"({_SPLIT_WORDS})(?:[ _:/\-])\s?(.+)", re.IGNORECASE)

_CONNECTOR = re.compile(r"(?<!\s)\s*+(?:=>|->|[=:]|\bis\b)\s*+[\[({\"'$~]{0,4}+\s*+$")
_OPENED = re.compile(r"(?<![\[({\"'$~])[\[({\"'$~]++\s*+$")
_SEPARATOR = re.compile(
    r"[,;|\t(){}\[\]<>\"\\!?]|(?<!\w)/|/(?!\w)|(?<!\w)'|'(?!\w)|\s-{1,4}>?\s|-{2,4}>?|\s{2,}|[:=]\s|[.]\s"
)
_UNIT = re.compile(
    r"(?:%|[A-Za-z\u00b5]{1,6}/[A-Za-z]{1,12}"
    r"|(?:[\u00b5un]?s|ms|secs?|seconds?|m|mins?|h|hrs?|hours?|days?|[kKMGTB]|[KMGT]i?B|x|it)(?!\w))"
)
_KEY_UNIT = re.compile(r"(?<!\s)\s*+\((?:\w{1,12}|%|#)\)\s*+$")
_FILE = re.compile(r"\.(?:py|cpp|cc|c|cu|h|go|rs|js|java)\b")
_IN_CODE = re.compile(r"\(\w+:0\)")
_NOT_LETTER = re.compile(r"[^a-z]+")
_WORD = re.compile(r"[A-Za-z]")
_LETTER_RUN = re.compile(r"[A-Za-z]{2,}")
_STOP = frozenset(
    "a about after all an and are as at be been before best beyond by did for from had has have if "
    "in into last least more most no not of off on only or out over per save saved saving since so "
    "some than that the their then these this those to took until used using was were which "
    "will with found loaded loading load got set reached improved every".split()
)
_MEASURE = re.compile(
    r"loss|acc|err|score|perplex|ppl|bleu|rouge|f1|auc|map|iou|reward|return|precision|recall|mse|mae"
    r"|dice|psnr|ssim|\bw?er\b|\bcer\b|fid|kappa|entropy|likelihood|nll|bp[dc]\b",
    re.IGNORECASE,
)
_RATE = re.compile(r"\d?(?:it/s|s/it)\b")
_BOOKKEEPING = frozenset(
    "eta copypaste remaining remaining_time time_left pid rank port seed".split()
)
_CODE = re.compile(
    r"^\s*(?:def |class |import |from \S+ import|return\b|if |elif |else:|for |while |with |try:"
    r"|except\b|assert |raise |print\w*\(|self\.|@\w|#|//|/\*|\{%|<\w)"
    r"|[=!<>]=|[+\-*/]=|\bself\.|\w\(\w*[\"'f]|;\s*$|\\\\"
)
_MAX_WORDS = 5
_MAX_KEY = 60


@dataclass(frozen=True)
class Counter:
    """A number that says where a line belongs; `total` is the place of its `/ 500`, or -1."""

    kind: str
    name: str
    place: int
    total: int = -1


@dataclass(frozen=True)
class Value:
    """A number that is shown: its place among the line's numbers, and its tag."""

    place: int
    tag: str


@dataclass(frozen=True, eq=False)
class Plan:
    """How every line of a shape is read.

    time: the place of its timestamp, or -1. counters are in order of preference. `follows` says
    that it has values and no counter of its own, so that it belongs to the line before; a `measure`
    does so however far that is. progress: the places of `450/1000` in a progress bar, or empty:
    only a bar at its end is read.
    """

    time: int = -1
    counters: tuple[Counter, ...] = ()
    values: tuple[Value, ...] = ()
    follows: bool = False
    measure: bool = False
    progress: tuple[int, int] | tuple[()] = ()

    @property
    def own(self) -> str:
        """The unit of a line whose one counter is its step whatever stood before; else empty."""
        if len(self.counters) != 1 or self.progress or self.counters[0].kind == "epoch":
            return ""
        return self.counters[0].name if self.counters[0].kind == "other" else "step"

    def counts(self, numbers: Sequence[str]) -> bool:
        """True where every counter is a whole number."""
        places = [place for one in self.counters for place in (one.place, one.total) if place >= 0]
        return all(is_count(numbers[place]) for place in places)

    @property
    def empty(self) -> bool:
        """True where the line says nothing."""
        return not self.counters and not self.values


def understand(texts: Sequence[str], numbers: Sequence[str]) -> Plan:
    """The plan of a shape: `texts` stand around the `numbers`, which are those of one such line."""
    time = next((place for place, number in enumerate(numbers[:2]) if is_stamp(number)), -1)
    if _CODE.search("0".join(texts[time + 1 :])):
        return Plan(time)
    found = list(_keys(texts, numbers))
    counters, bar = _counters(texts, numbers, found)
    if bar < 0 and _RATE.search(" ".join(texts)):
        bar = next((at for at in range(len(numbers)) if _total(texts, numbers, at) >= 0), -1)
    progress = (bar, bar + 1) if bar >= 0 else ()
    taken = {place for one in counters for place in (one.place, one.total)} | set(progress)
    values = [entry for entry in found if entry.place not in taken and _is_value(entry)]
    if not counters:
        values = [entry for entry in values if entry.explicit or _is_lone(texts, found, entry)]
        if not values or not _says_only(texts, found, values):
            return Plan(time)
    labels = _labels(texts, time)
    tags: dict[str, int] = {}
    for entry in values:
        tags.setdefault(_tag(entry.key, labels[entry.place]), entry.place)
    plain = tuple(Value(place, tag) for tag, place in tags.items())
    measure = any(_MEASURE.search(entry.key) for entry in values)
    return Plan(time, counters, plain, not counters, measure, progress)


@dataclass(frozen=True)
class _Key:
    """The key before a number; `explicit` where `:`, `=`, `is` or a bracket stands between."""

    place: int
    key: str
    explicit: bool
    bracket: bool = False
    text: str = ""


def _keys(texts: Sequence[str], numbers: Sequence[str]) -> Iterator[_Key]:
    """Every number that has a key; one in parentheses behind a value is its average."""
    last: _Key | None = None
    for place, number in enumerate(numbers):
        before = texts[place]
        if is_stamp(number) or _IN_CODE.search(f"{before}0{texts[place + 1]}"):
            continue
        if last and before.strip() == "(" and texts[place + 1].lstrip()[:1] == ")":
            if last.place == place - 1 and last.key:
                yield _Key(place, f"{last.key}/avg", last.explicit, text=last.text)
            continue
        entry = _key(before, place)
        if entry.key:
            last = entry
            yield entry


def _key(before: str, place: int) -> _Key:
    text = before
    if place:
        unit = _UNIT.match(text)
        text = text[unit.end() :] if unit else text
    match = _CONNECTOR.search(text)
    rest = text[: match.start()] if match else text.rstrip()
    opened = None if match else _OPENED.search(rest)
    rest = rest[: opened.start()] if opened else rest
    rest = _KEY_UNIT.sub("", rest.rstrip(" \"'"))
    piece = _SEPARATOR.split(rest)[-1]
    key = " ".join(piece.strip(" .:-*#=~+\u2026\u2501\u2588'`").split())
    words = key.split()
    odd = len(words) > _MAX_WORDS or len(key) > _MAX_KEY or bool(_FILE.search(key))
    if not words or odd or not _WORD.search(key):
        return _Key(place, "", explicit=False)
    explicit = bool(match)
    if not explicit and (len(words) > 3 or any(word.lower() in _STOP for word in words)):
        return _Key(place, "", explicit=False)
    if words[0].lower() in _STOP and explicit:
        key = " ".join(words[1:]) if len(words) > 1 else ""
    return _Key(place, key, explicit or bool(opened), bool(opened), text=piece)


def _plain(key: str) -> str:
    return _NOT_LETTER.sub("_", key.lower()).strip("_")


def _counters(
    texts: Sequence[str], numbers: Sequence[str], found: Sequence[_Key]
) -> tuple[tuple[Counter, ...], int]:
    """The counters, a global one first, at most one of each kind; and the place of a bar, or -1."""
    counters: dict[str, Counter] = {}
    for entry in found:
        kind = _kind(entry, numbers)
        if kind and kind not in counters:
            total = _total(texts, numbers, entry.place)
            counters[kind] = Counter(kind, _plain(entry.key), entry.place, total)
    bar = _unnamed(texts, numbers, found, counters)
    if "other" in counters:  # an episode's own steps are a value
        counters.pop("step", None)
    order = ("global", "step", "epoch", "other")
    return tuple(counters[kind] for kind in order if kind in counters), bar


def _kind(entry: _Key, numbers: Sequence[str]) -> str:
    plain = _plain(entry.key).removeprefix("train_").removeprefix("training_")
    if not is_count(numbers[entry.place]):
        return ""
    if plain in _LETTERS and not entry.explicit and entry.place > 1:
        return ""
    if plain.endswith("s") and plain != "s" and plain not in GLOBAL and not plain.startswith("up"):
        return ""  # `epochs: 30` is how many there will be
    return next((kind for kind, names in _COUNTERS if plain in names), "")


def _unnamed(
    texts: Sequence[str],
    numbers: Sequence[str],
    found: Sequence[_Key],
    counters: dict[str, Counter],
) -> int:
    r"""`Epoch: [0][10/5005]`, `Train: 0 [50/1251 (4%)]`, `[5]\ttrain-auc:0.9`, `12 val 10.9`.

    Gives the place of a bar, such as that of `Test: [48/48]`, or -1.
    """
    first = found[0] if found else None
    if first and not counters and _LABEL.fullmatch(first.key) and is_count(numbers[first.place]):
        training = first.key.lower().startswith("train")
        if first.bracket or texts[first.place].rstrip().endswith("["):
            return first.place if _total(texts, numbers, first.place) >= 0 else -1
        if training and texts[first.place + 1].strip() == "[":
            counters["epoch"] = Counter("epoch", "epoch", first.place)
    epoch = counters.get("epoch")
    if epoch and "step" not in counters:
        place = (epoch.total if epoch.total >= 0 else epoch.place) + 1
        between = texts[place].strip() if place < len(numbers) else ""
        total = _total(texts, numbers, place)
        if between in {"][", "] ["} or (between == "[" and total >= 0):
            evaluates = _LABEL.search(texts[epoch.place])
            if evaluates and not evaluates[1].lower().startswith("train"):
                return place if total >= 0 else -1
            if is_count(numbers[place]):
                counters["step"] = Counter("step", "iter", place, total)
    if not counters and first and is_count(numbers[0]):
        _leading(texts, numbers, counters)
    return -1


def _leading(texts: Sequence[str], numbers: Sequence[str], counters: dict[str, Counter]) -> None:
    """A step without a name that begins the line."""
    start, after = texts[0].strip(), texts[1]
    total = _total(texts, numbers, 0)
    bracket = start == "[" and after.lstrip()[:1] == "]"
    lone = not start and len(numbers) == 2 and bool(_LETTER_RUN.fullmatch(after.strip()))
    if bracket or lone or (not start and total >= 0):
        counters["step"] = Counter("step", "", 0, total)


def _total(texts: Sequence[str], numbers: Sequence[str], place: int) -> int:
    """The place of the number behind `/` or `of`, or -1."""
    if place + 1 < len(numbers) and texts[place + 1].strip() in {"/", "of", "out of"}:
        return place + 1 if is_count(numbers[place + 1]) else -1
    return -1


def is_count(number: str) -> bool:
    """True for a whole number of at most 18 digits."""
    return len(number) <= 23 and number.replace(",", "").isdecimal()


def _is_value(entry: _Key) -> bool:
    plain = _plain(entry.key)
    named = _LETTER_RUN.search(entry.key) or (entry.explicit and not entry.bracket)
    return plain not in _BOOKKEEPING and bool(named)


def _says_only(texts: Sequence[str], found: Sequence[_Key], values: Sequence[_Key]) -> bool:
    """True where next to nothing but keys and values stands in the line: prose has other words."""
    words = sum(len(_LETTER_RUN.findall(text)) for text in texts)
    keys = sum(len(_LETTER_RUN.findall(entry.key)) for entry in found)
    return words - keys <= 2 + len(values)


def _is_lone(texts: Sequence[str], found: Sequence[_Key], entry: _Key) -> bool:
    """`* Acc@1 70.1 Acc@5 89.2`: a measure without `:`, where nothing but pairs stands."""
    pairs = sum(len(text.split()) for text in texts) - sum(len(one.key.split()) for one in found)
    return pairs <= 1 and bool(_MEASURE.search(entry.key))


def _labels(texts: Sequence[str], time: int) -> list[str]:
    """For each number the split that was last named before it and is no key: `[valid] loss 2.1`."""
    label = ""
    labels = []
    for place, text in enumerate(texts[:-1]):
        key = _key(text, place).text
        start = text.rfind(key) if key and not _LABEL.fullmatch(key.strip()) else len(text)
        for match in _LABEL.finditer(text) if place > time else ():
            if not start <= match.start() < start + len(key):
                label = _split_name(match[1])
        labels.append(label)
    return labels


def _split_name(word: str) -> str:
    return _SPLITS.get(word.lower(), word.lower())


def _tag(key: str, split: str) -> str:
    """`Train Loss` is `train/Loss`, `valid_1's auc` is `valid_1/auc`."""
    match = _OWNER.fullmatch(key)
    if match:
        return f"{match[1]}/{match[2]}"
    match = _OWN_SPLIT.fullmatch(key)
    if match:
        return f"{_split_name(match[1])}/{match[2]}"
    return f"{split}/{key}" if split and _split_name(key) != split else key


def whole(number: str) -> int:
    """A whole number, perhaps with commas between its thousands."""
    return int(number.replace(",", "")) if "," in number else int(number)


def value_of(text: str) -> float:
    """The number that stands in a place of a plan; NaN where it is none."""
    number = to_float(text)
    return float("nan") if number is None else number
