"""JSON, YAML, TOML, XML and databases."""

# ruff: noqa: E501, S608 - the lines are the inputs

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '{"step":1,"loss":1}\n{"step":2,"loss":2}\n'
DEEP = 100_000

file("JSON 100,000 deep", "metrics.json", "[" * DEEP + "]" * DEEP)
file("JSON that opens 100,000 objects", "metrics.json", '{"a":' * DEEP)
file("JSON 900 deep", "metrics.json", '{"a":' * 900 + "1" + "}" * 900)
file("JSON lines 100,000 deep", "log.jsonl", GOOD + '{"a":' * DEEP + "\n" + '{"step":3,"loss":1}\n')
file(
    "JSON lines 900 deep",
    "log.jsonl",
    GOOD + '{"a":' * 900 + "1" + "}" * 900 + "\n" + '{"step":3,"loss":1}\n',
)
file(
    "an integer of 5,000 digits in JSON",
    "metrics.json",
    '[{"step":1,"loss":%s},{"step":2,"loss":1}]' % ("9" * 5_000),
)
file(
    "an integer of 5,000 digits in JSON lines",
    "log.jsonl",
    GOOD + '{"step":3,"loss":%s}\n' % ("9" * 5_000),
)
file(
    "an integer of 3,000,000 digits in JSON lines",
    "log.jsonl",
    GOOD + '{"step":3,"loss":%s}\n' % ("9" * 3_000_000),
    large=True,
)
file(
    "integers beyond 64 bits",
    "log.jsonl",
    GOOD + '{"step":18446744073709551616,"loss":18446744073709551617}\n',
)
file(
    "a key that stands twice in JSON lines",
    "log.jsonl",
    GOOD + '{"step":3,"loss":1,"loss":2}\n{"step":4,"loss":1}\n',
    "twice",
)
file(
    "a key that stands twice in JSON",
    "metrics.json",
    '[{"step":1,"loss":1,"loss":3},{"step":2,"loss":2}]',
    "twice",
)
file("a key that stands twice in settings", "config.json", '{"lr":0.1,"lr":0.2,"batch":3}', "twice")
file("a mark before JSON lines", "log.jsonl", b"\xef\xbb\xbf" + GOOD.encode())
file(
    "a JSON document of a million numbers",
    "metrics.json",
    json.dumps({"loss": list(range(1_000_000))}),
    large=True,
)
file(
    "a JSON document of many small lists",
    "metrics.json",
    "[" + ",".join(["[[1],[2]]"] * 200_000) + "]",
    large=True,
)
file(
    "a JSON document of many keys",
    "metrics.json",
    json.dumps({f"k{n}": n for n in range(200_000)}),
    large=True,
)
file(
    "a JSON document of many lists",
    "metrics.json",
    json.dumps({f"k{n}": [1, 2, 3] for n in range(50_000)}),
    large=True,
)
file(
    "a JSON document of long keys",
    "metrics.json",
    json.dumps({"k" * 10_000 + str(n): [1, 2, 3] for n in range(300)}),
    large=True,
)
file(
    "JSON of nested runs",
    "metrics.json",
    json.dumps({f"a{a}": {f"b{b}": {"loss": [1, 2, 3]} for b in range(100)} for a in range(100)}),
    large=True,
)
file(
    "YAML that makes an object",
    "hparams.yaml",
    "lr: 0.1\nx: !!python/object/apply:os.system ['touch canary']\n",
)
file(
    "YAML with names of names",
    "hparams.yaml",
    "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 41)),
)
file(
    "YAML with a mapping of mappings",
    "hparams.yaml",
    "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{a: *a{n - 1}, b: *a{n - 1}}}\n" for n in range(1, 41)),
)
file(
    "YAML that merges itself",
    "hparams.yaml",
    "a0: &a0 {x0: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], x{n}: 1}}\n" for n in range(1, 31)),
)
file(
    "a key that stands twice in YAML",
    "hparams.yaml",
    "lr: 0.1\nopt: {name: a, name: b}\n",
    "the key 'name' stands twice",
)
file("YAML that holds itself", "hparams.yaml", "a: &a [1, *a]\nlr: 0.1\n")
file("YAML 10,000 deep", "hparams.yaml", "[" * 10_000 + "]" * 10_000)
file(
    "YAML 3,000 deep in blocks",
    "hparams.yaml",
    "".join(" " * n + f"a{n}:\n" for n in range(3_000)),
    large=True,
)
file("YAML of a million words", "hparams.yaml", "a: [" + "x, " * 400_000 + "x]\n", large=True)
file(
    "YAML with odd numbers",
    "hparams.yaml",
    "a: 1e-3\nb: no\nc: 010\nd: 1_000\ne: 190:20:30\nf: .inf\ng: 2001-13-45\nh: 0b"
    + "1" * 10_000
    + "\ni: 0x"
    + "f" * 10_000
    + "\n",
)
file(
    "YAML with odd keys",
    "hparams.yaml",
    "? [a, b]\n: 1\n? {x: 1}\n: 2\n1: 3\nnull: 4\n2001-01-01: 5\n",
)
file(
    "YAML with a date beyond all",
    "hparams.yaml",
    "lr: 0.1\nd: 99999-01-01 00:00:00\ne: 2001-01-01 99:99:99\nf: 2001-02-30\n",
)
file("YAML of many documents", "metrics.yaml", "---\nstep: 1\nloss: 2\n" * 30_000, large=True)
file("TOML 5,000 deep", "config.toml", "a = " + "[" * 5_000 + "]" * 5_000)
file(
    "TOML of many tables",
    "config.toml",
    "".join(f"[{'.'.join('a' * 500)}.b{n}]\n" for n in range(500)),
    large=True,
)
file("TOML of a long key", "config.toml", "a." * 50_000 + "b = 1\n")
file("a tbingest.toml that runs code", "tbingest.toml", 'plugins = ["evil.py"]\n')
file(
    "XML with names of names",
    "log.xml",
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{"&a;" if n == 0 else f"&a{n - 1};" * 10}">' for n in range(20))
    + "]><l>&a19;</l>",
)
file(
    "an SVG that names a file",
    "a.svg",
    '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
)
file(
    "an INI of many sections",
    "config.ini",
    "".join(f"[s{n}]\na=%(b)s\nb=%(a)s\n" for n in range(20_000)),
    large=True,
)
file("settings of minus signs", "config.json", '{"a": "' + "-" * 100_000 + '1"}')
file(
    "Python dicts of minus signs",
    "train.log",
    "{'loss': 1, 'step': 1}\n{'loss': " + "-" * 100_000 + "1}\n{'loss': 2, 'step': 2}\n",
)
file(
    "Python dicts 50,000 deep",
    "train.log",
    "{'loss': 1, 'step': 1}\n{'loss': " + "[" * 50_000 + "1}\n{'loss': 2, 'step': 2}\n",
)
file(
    "Python dicts that call",
    "train.log",
    "{'loss': 1, 'step': 1}\n{'loss': __import__('os').system('touch canary')}\n{'loss': 2, 'step': 2}\n",
)
file("trainer_state.json of a lie", "trainer_state.json", '{"log_history": ' + "[" * 50_000)
file(
    "trainer_state.json of numbers",
    "trainer_state.json",
    json.dumps(
        {
            "log_history": [1, "a", None, [], {"step": "x", "loss": {}}, {"step": 1, "loss": 2}],
            "global_step": "9" * 5_000,
        }
    ),
)

ML = (
    "create table experiments(experiment_id integer primary key, name text);"
    "create table runs(run_uuid text, experiment_id integer, status text, start_time integer, end_time integer);"
    "create table params(key text, value text, run_uuid text);"
    "insert into experiments values(1,'e'); insert into runs values('r',1,'FINISHED',1,2);"
)
METRICS = "create table metrics(run_uuid text, step integer, timestamp integer, value real, is_nan integer, key text);"


def database(path: Path, schema: str, rows: int = 0) -> None:
    with sqlite3.connect(path) as found:
        found.executescript(schema)
        if rows:
            found.executemany(
                "insert into metrics values('r',?,1,1.0,0,'loss')", [(n,) for n in range(rows)]
            )
        found.commit()
    found.close()


@case("a database with a computed column", large=True)
def _(folder: Path) -> None:
    database(
        folder / "mlflow.db",
        ML
        + METRICS.replace(
            "key text", "key text generated always as (hex(zeroblob(16000000))) virtual"
        ),
    )
    with sqlite3.connect(folder / "mlflow.db") as found:
        found.executemany(
            "insert into metrics(run_uuid,step,timestamp,value,is_nan) values('r',?,1,1.0,0)",
            [(n,) for n in range(2_000)],
        )


@case("a database whose table is a view without end", large=True)
def _(folder: Path) -> None:
    view = (
        "create view metrics as with recursive n(x) as (select 1 union all select x+1 from n) "
        "select 'r' run_uuid, x step, 1 timestamp, 1.0 value, 0 is_nan, 'loss' key from n;"
    )
    database(folder / "mlflow.db", ML + view)


@case("a database whose view multiplies", large=True)
def _(folder: Path) -> None:
    names = ",".join(f"t t{n}" for n in range(8))
    database(
        folder / "mlflow.db",
        ML
        + "create table t(x);"
        + "insert into t values(1);" * 40
        + f"create view metrics as select 'r' run_uuid, t1.x step, 1 timestamp, 1.0 value, 0 is_nan, 'loss' key from {names};",
    )


@case("a database of 20,000 metrics", large=True)
def _(folder: Path) -> None:
    database(folder / "mlflow.db", ML + METRICS)
    with sqlite3.connect(folder / "mlflow.db") as found:
        found.executemany(
            "insert into metrics values('r',1,1,1.0,0,?)", [(f"k{n}",) for n in range(20_000)]
        )


@case("a database with a trigger and a virtual table")
def _(folder: Path) -> None:
    database(
        folder / "mlflow.db",
        ML
        + METRICS
        + "create virtual table f using fts5(x); create trigger g after insert on metrics begin delete from runs; end;",
        50,
    )


@case("a database of values of any kind")
def _(folder: Path) -> None:
    database(folder / "mlflow.db", ML + METRICS)
    with sqlite3.connect(folder / "mlflow.db") as found:
        found.executemany(
            "insert into metrics values(?,?,?,?,?,?)",
            [
                ("r", "x", None, b"\xff", "y", b"\xff"),
                (None, 2**62, -1, "nan", 1, "loss"),
                ("r", 1, 2**62, 1e308, 0, "a" * 100_000),
                ("r", 1.5, "t", None, None, None),
                (b"r", b"1", b"2", b"3", b"4", b"5"),
            ],
        )


@case("a database cut in the middle", large=True)
def _(folder: Path) -> None:
    database(folder / "mlflow.db", ML + METRICS, 20_000)
    data = (folder / "mlflow.db").read_bytes()
    (folder / "mlflow.db").write_bytes(data[: len(data) // 2] + b"\xff" * 5_000)


@case("a database with a journal of another")
def _(folder: Path) -> None:
    database(folder / "mlflow.db", ML + METRICS, 100)
    (folder / "mlflow.db-journal").write_bytes(
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 5_000
    )
    (folder / "mlflow.db-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\xff" * 5_000)


@case("a database with a text in place of its tables")
def _(folder: Path) -> None:
    database(folder / "mlflow.db", ML + METRICS, 10)
    data = (
        (folder / "mlflow.db")
        .read_bytes()
        .replace(b"CREATE TABLE metrics", b"CREATE TABLE \xff\xfe\xff\xfe\xff\xfe\xff")
    )
    (folder / "mlflow.db").write_bytes(data)
