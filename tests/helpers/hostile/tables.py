"""Tables and lines of text: 28 to 61 of the list."""

# ruff: noqa: UP031 - the lines are the inputs

from __future__ import annotations

from helpers.hostile.case import file

GOOD = "step,loss\n" + "".join(f"{step},{1 / step}\n" for step in range(1, 9))
MIB = 1 << 20


def rows(start: int, count: int) -> str:
    return "".join(f"{step},{1 / step}\n" for step in range(start, start + count))


file(
    "a line of 12 MiB in a table",
    "log.csv",
    GOOD + "x" * (12 * MIB) + "\n" + rows(9, 9),
    "too long",
    large=True,
)
file(
    "a line of 12 MiB in JSON lines",
    "log.jsonl",
    '{"step":1,"loss":1}\n{"a":"' + "x" * (12 * MIB) + '"}\n{"step":2,"loss":1}\n',
    "too long",
    large=True,
)
file(
    "a line of 12 MiB in a log",
    "train.log",
    "step 1: loss=1\nstep 2: loss=2\n" + "x" * (12 * MIB) + "\nstep 3: loss=3\n",
    "too long",
    large=True,
)
file(
    "a line of 12 MiB of numbers",
    "train.log",
    "step 1: loss=1\n" + "loss=1 " * (12 * MIB // 7) + "\nstep 2: loss=3\n",
    large=True,
)
file("a cell of 200,000 bytes", "log.csv", "step,loss,note\n1,2," + "n" * 200_000 + "\n2,3,b\n")
file(
    "a quote that never ends",
    "log.csv",
    'step,loss,note\n1,2,a\n2,3,"open\n' + "".join(f"{n},1,b\n" for n in range(3, 40_000)),
    large=True,
)
file(
    "a quote that never ends, steps equal",
    "log.csv",
    'step,loss,note\n1,2,a\n2,3,"open\n' + "3,4,b\n" * 100_000,
    large=True,
)
file("steps that go up and down", "log.csv", "step,loss\n" + "1,4\n2,5\n" * 60_000, large=True)
file(
    "steps that go down",
    "log.csv",
    "step,loss\n" + "".join(f"{n},{n}\n" for n in range(60_000, 0, -1)),
    large=True,
)
file("quotes everywhere", "log.csv", "step,loss\n" + '"' * 500_001 + "\n1,2\n2,3\n", large=True)
file("quotes in every cell, odd", "log.csv", "step,loss\n" + '1","2\n' * 50_000, large=True)
file("NUL bytes in a table", "log.csv", "step,loss\n1,0.5\n2,0\0.25\n3,\0\0\n4,1\n", "NUL")
file(
    "NUL bytes in a log",
    "train.log",
    "step 1: loss=1\nstep 2: lo\0ss=2\n" + "step 3: loss=3\nstep 4: loss=4\n" * 2,
    "NUL",
)
file(
    "NUL bytes in JSON lines",
    "log.jsonl",
    '{"step":1,"loss":1}\n\0\0\0{"step":2,"loss":2}\n{"step":3,"loss":3}\n',
    "NUL",
)
file(
    "bytes that are no UTF-8 in a table",
    "log.csv",
    b"step,loss,note\n"
    + b"".join(b"%d,1,a\n" % n for n in range(20_000))
    + b"20000,2,\xff\xfe\n20001,3,\xe9\n",
    "not of the text's encoding",
)
file(
    "bytes that are no UTF-8 in JSON lines",
    "log.jsonl",
    b"".join(
        b'{"step":%d,"loss":1,"note":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}\n' % n
        for n in range(2_000)
    )
    + b'{"step":2000,"loss":1,"note":"\xff"}\n',
    "not of the text's encoding",
)
file(
    "bytes that are no UTF-8 in a log",
    "train.log",
    b"".join(b"step %d: loss=1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" % n for n in range(3_000))
    + b"step 3000: loss=2 \xff\xfe\n",
    "not of the text's encoding",
)
file("a lone surrogate", "log.jsonl", '{"step":1,"loss":1,"note":"\\ud800","\\udfff":2}\n' * 3)
file("headers that are equal", "log.csv", "step,loss,loss,loss\n1,1,2,3\n2,1,2,3\n")
file("a first row longer than the header", "log.csv", "step,loss\n1,2,3\n2,3,4\n3,4,5\n")
file("ragged rows", "log.csv", "step,loss\n1,2\n2\n3,4,5\n4,5\n", "expected 2 fields")
file(
    "2,000 columns",
    "log.csv",
    "step,"
    + ",".join(f"c{n}" for n in range(2_000))
    + "\n"
    + "".join(f"{s}," + ",".join("1" * 2_000) + "\n" for s in range(3)),
    large=True,
)
file(
    "a column that changes its kind",
    "log.csv",
    "step,loss\n1,1\n2,2\n3,none\n4,diverged\n5,nan\n6,1e3\n7,0x10\n",
    "diverged",
    "0x10",
)
file(
    "a number column with one word",
    "log.csv",
    "step,loss\n" + rows(1, 50) + "51,oops\n" + rows(52, 20),
    "oops",
)
file("a number with an underscore", "log.csv", "step,loss\n1,1\n2,1_000\n3,3\n", "1_000")
file(
    "a number with an underscore in JSON lines",
    "log.jsonl",
    '{"step":1,"loss":"1"}\n{"step":2,"loss":"1_000"}\n{"step":3,"loss":"3"}\n',
)
file("digits beyond ASCII", "log.csv", "step,loss\n1,1\n2,\uff11\uff12\n3,3\n", "\uff11\uff12")
file("1e400", "log.csv", "step,loss\n1,1\n2,1e400\n3,-1e400\n", "1e400")
file(
    "1e400 in JSON lines",
    "log.jsonl",
    '{"step":1,"loss":1}\n{"step":2,"loss":1e400}\n',
    "beyond all floats",
)
file(
    "1e400 in a log",
    "train.log",
    "step 1: loss=1\nstep 2: loss=1e400\nstep 3: loss=2\n",
    "beyond all floats",
)
file("1e39", "log.csv", "step,loss\n1,1\n2,1e39\n3,-1e39\n", "2 beyond float32")
file("a step of 5,000 digits", "log.csv", "step,loss\n1,1\n" + "9" * 5_000 + ",2\n3,3\n")
file(
    "steps that are none",
    "log.csv",
    "step,loss\n1,1\nnan,2\n1e3,3\n2.5,4\n9223372036854775808,5\n-1,6\n,7\n",
    "step",
)
file("a header in the middle", "log.csv", GOOD + GOOD)
file(
    "times of any size",
    "log.csv",
    "step,time,loss\n1,1700000000,1\n2,1700000001000,1\n3,-5,1\n4,253402300800,1\n5,1e300,1\n6,nan,1\n",
)
file(
    "times of any size as texts",
    "log.csv",
    "step,timestamp,loss\n1,9999-12-31T23:59:59Z,1\n2,0001-01-01T00:00:00Z,1\n3,10000-01-01,1\n4,1970-01-01T00:00:00+99:99,1\n",
)
file(
    "backspaces behind each second letter",
    "train.log",
    "step 1: loss=1\nstep 2: " + "ab\b" * 200_000 + "\nstep 3: loss=3\n",
    large=True,
)
file("50,000 times a letter", "train.log", "a" * 50_000 + "\nstep 1: loss=1\nstep 2: loss=2\n")
UNITS = (
    "1",
    "1.",
    ",111",
    "59:",
    "=",
    " ",
    "\t",
    "[",
    "(",
    "{",
    "loss=",
    "a=1,",
    "|",
    "1e",
    "-",
    "'",
    "\\",
    "%",
    "1/",
    "/",
    "\u0660",
    "\x1b[31m",
    "\x1b[",
    "\x1b]",
    "\r",
    "\b",
    "tensor(",
    "nan",
    "epoch ",
    "1:",
)
for _unit in UNITS:
    _rare = _unit not in UNITS[:5]
    file(
        f"one line of {_unit!r}",
        "train.log",
        "step 1: loss=1\nstep 2: loss=2\n"
        "step 3 " + _unit * (60_000 // len(_unit)) + "x\nstep 4: loss=4\n",
        large=_rare,
    )
    file(
        f"a cell of {_unit!r}",
        "log.csv",
        "step,loss\n1,1\n2,2\n3," + _unit * (60_000 // len(_unit)) + "x\n4,2\n",
        large=_rare,
    )
    file(
        f"a value of {_unit!r} in YAML",
        "hparams.yaml",
        "lr: 0.1\nn: " + _unit * (60_000 // len(_unit)) + "x\n",
        large=_rare,
    )
    file(
        f"a text of {_unit!r} in JSON lines",
        "log.jsonl",
        '{"step":1,"loss":1}\n{"step":2,"loss":"'
        + (_unit * (60_000 // len(_unit))).translate(dict.fromkeys((8, 9, 13, 27, 92)))
        + 'x"}\n{"step":3,"loss":1}\n',
        large=_rare,
    )
file("a header of 5,000 digits", "log.csv", "9" * 5_000 + ",loss\n1,2\n2,3\n")
file(
    "only a header of 300,000 cells",
    "log.csv",
    ",".join(f"c{n}" for n in range(300_000)) + "\n",
    large=True,
)
file("only commas", "log.csv", "," * 3_000_000, large=True)
file("only line ends", "log.csv", "step,loss\n1,2\n" + "\n" * 3_000_000 + "2,3\n", large=True)
file(
    "only carriage returns",
    "train.log",
    "step 1: loss=1\n" + "\r" * 3_000_000 + "\nstep 2: loss=2\n",
    large=True,
)
file(
    "a progress bar of a million states",
    "train.log",
    "step 1: loss=1\n"
    + "".join(f"\r{n}/100000 loss={n}" for n in range(100_000))
    + "\nstep 2: loss=2\n",
    large=True,
)
file(
    "a million kinds of lines",
    "train.log",
    "".join(f"step {n}: k{n}=1 w{n * 7}=2\n" for n in range(50_000)),
    large=True,
)
file(
    "a million tags in JSON lines",
    "log.jsonl",
    "".join('{"step":%d,"k%d":1}\n' % (n, n) for n in range(60_000)),
    large=True,
)
file(
    "a million runs in a column",
    "log.csv",
    "run,step,loss\n" + "".join(f"r{n},1,1\n" for n in range(20_000)),
    large=True,
)
file(
    "runs of 20,000 steps each way",
    "log.csv",
    "run,step,loss\n" + "".join(f"r{n % 300},{n // 300},1\n" for n in range(30_000)),
    large=True,
)
