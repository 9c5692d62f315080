"""Where a run came from: commits and command lines as texts, without secrets."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from helpers.loaded import texts as shown

import tbingest
from tbingest.formats.readers.redact import redacted

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")
COMMIT = "4f1c0de94f1c0de94f1c0de94f1c0de94f1c0de9"


def texts(folder: Path, name: str, content: Any, run: str = "exp") -> dict[str, str]:
    """What stands under Text when a file lies beside a log."""
    path = folder / "logs" / "exp" / name
    path.parent.mkdir(parents=True)
    data = content if isinstance(content, bytes | str) else json.dumps(content)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "logs" / "exp" / "loss.csv").write_text("step,loss\n1,1\n")
    tbingest.convert(folder / "logs", folder / "runs", PLAIN)
    return shown(folder / "runs" / run)


def code(text: str) -> str:
    return f"```\n{text}\n```"


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("command.txt", "python a.py --lr 1\n", {"source/command": code("python a.py --lr 1")}),
        ("run_cmd.sh", "torchrun train.py", {"source/command": code("torchrun train.py")}),
        ("git_commit.txt", f"{COMMIT}\n", {"source/commit": COMMIT}),
        ("git_info.txt", "main\nM a.py", {"source/commit": code("main\nM a.py")}),
        ("args.txt", "lr: 0.1\nepochs: 3\n", {"source/args": code("lr: 0.1\nepochs: 3")}),
        ("cmd.txt", "echo ```a```", {"source/command": "````\necho ```a```\n````"}),
        ("cmd.txt", b"\xef\xbb\xbfpython \xff\0a", {"source/command": code("python \ufffda")}),
        (
            "wandb-metadata.json",
            {
                "git": {"commit": COMMIT, "remote": "https://me:pw@example.org/a.git"},
                "program": "/home/me/train.py",
                "args": ["--lr", "0.1", "--name", "a b", "--wandb_api_key=abcdefabcdef"],
                "host": "machine", "username": "me", "email": "me@example.org",
            },
            {
                "source/commit": code(f"{COMMIT} https://***@example.org/a.git"),
                "source/command": code("~/train.py --lr 0.1 --name 'a b' --wandb_api_key=***"),
            },
        ),
        (
            "run.json",
            {
                "experiment": {
                    "mainfile": "train.py",
                    "repositories": [{"url": "git@example.org:a", "commit": COMMIT, "dirty": True}],
                },
                "host": {"hostname": "machine"},
                "meta": {"command": "main", "options": {"UPDATE": ["lr=0.1", "token=abcdefg1"]}},
            },
            {
                "source/commit": code(f"{COMMIT} (with changes) git@example.org:a"),
                "source/command": code("train.py main with lr=0.1 token=***"),
            },
        ),
    ],
)  # fmt: skip
def test_the_origin_of_a_run_is_a_text(
    tmp_path: Path, name: str, content: Any, found: dict[str, str]
) -> None:
    assert texts(tmp_path, name, content) == found


def test_what_says_nothing_gives_nothing(tmp_path: Path) -> None:
    """Nothing of the machine, and no problem either."""
    assert texts(tmp_path, "wandb-metadata.json", {"host": "machine", "git": {}}) == {}


@pytest.mark.parametrize("content", ['{"git": ', "[1]", '{"git": [1], "args": 3, "program": [2]}'])
def test_a_damaged_document_raises_nothing(tmp_path: Path, content: str) -> None:
    texts(tmp_path, "wandb-metadata.json", content)


def test_mlflow_tags_are_the_same_texts(tmp_path: Path) -> None:
    run = tmp_path / "mlruns" / "0" / "abc"
    for name, text in (
        ("meta.yaml", "run_id: abc\nstatus: 3\n"),
        ("metrics/loss", "1700000000000 0.5 1\n"),
        ("tags/mlflow.source.git.commit", COMMIT),
        ("tags/mlflow.source.name", "C:\\Users\\me\\train.py"),
        ("tags/mlflow.user", "me"),
    ):
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tbingest.convert(tmp_path / "mlruns", tmp_path / "runs", PLAIN)
    wanted = {"source/commit": COMMIT, "source/command": code("train.py")}
    assert shown(tmp_path / "runs" / "0" / "abc") == wanted


def test_so_are_those_of_its_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.executescript(
            """
            CREATE TABLE experiments(experiment_id, name); INSERT INTO experiments VALUES (0, 'e');
            CREATE TABLE runs(run_uuid, experiment_id, status, start_time, end_time);
            INSERT INTO runs VALUES ('r', 0, 'FINISHED', 1700000000000, 1700000001000);
            CREATE TABLE metrics(key, value, timestamp, run_uuid, step, is_nan);
            INSERT INTO metrics VALUES ('loss', 0.5, 1700000000500, 'r', 7, 0);
            CREATE TABLE params(key, value, run_uuid); CREATE TABLE tags(key, value, run_uuid);
            INSERT INTO tags VALUES ('mlflow.user', 'me', 'r');
            """
        )
        commit = ("mlflow.source.git.commit", COMMIT, "r")
        connection.execute("INSERT INTO tags VALUES (?, ?, ?)", commit)
    connection.close()
    tbingest.convert(tmp_path / "mlflow.db", tmp_path / "runs", PLAIN)
    assert shown(tmp_path / "runs" / "mlflow" / "e" / "r") == {"source/commit": COMMIT}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("--password hunter2 --lr 1", "--password *** --lr 1"),
        ("--password='a b' x", "--password=*** x"),
        ("HF_TOKEN=abcdef python a.py", "HF_TOKEN=*** python a.py"),
        ("OPENAI_API_KEY: abc,", "OPENAI_API_KEY: ***,"),
        ("Namespace(api_key='abc', lr=1)", "Namespace(api_key=***, lr=1)"),
        ('{"auth-token": "abc"}', '{"auth-token": ***}'),
        ("login hf_abcdefghijklmnopqrstuvwxyz", "login ***"),
        ("https://me:pw@example.org/a", "https://***@example.org/a"),
        ("/home/me/a /Users/me/a", "~/a ~/a"),
        # What only looks like one.
        ("--max-token 512 --token-dropout 0.1", "--max-token 512 --token-dropout 0.1"),
        ("--pad-token '<pad>' --tokenizer gpt2", "--pad-token '<pad>' --tokenizer gpt2"),
        ("--use-auth --lr 1", "--use-auth --lr 1"),
        ("the secret of it", "the secret of it"),
        (f"commit {COMMIT}", f"commit {COMMIT}"),
    ],
)
def test_secrets_are_not_shown(text: str, wanted: str) -> None:
    assert redacted(text) == wanted


@pytest.mark.parametrize("piece", ["a-", "key", "--token ", "sk-", "eyJa.", "://", "/home/", "'"])
def test_long_texts_take_no_long_time(piece: str) -> None:
    """200,000 characters, whatever they are."""
    redacted(piece * (200_000 // len(piece)))
