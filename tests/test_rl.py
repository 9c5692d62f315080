"""Logs of reinforcement learning libraries: what their readers make of the traps in them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.loaded import accumulated
from helpers.readers import head_of, read, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.formats.ray.progress_csv import nested
from tbingest.formats.registry import evidence

NO_PLOTS = tbingest.Options(plots="none")
HEADER = '#{"t_start": 1700000000.5, "env_id": null}\n'


def records(form: str, text: str | bytes, name: str = "log") -> list[dict[str, Any]]:
    """The records of a log that is read without a problem, the same however it is cut."""
    found, problems = read(form, text, name)
    assert problems == []
    for size in (1, 7):
        cuts = range(size, len(text), size)
        assert read(form, text, name, cuts)[0] == found
    return [fields for _, fields in found]


def chosen(text: str | bytes, name: str) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return evidence(head_of(data, name))[0][0].name


def test_the_step_of_an_episode_is_the_sum_of_lengths_and_its_time_that_of_the_clock() -> None:
    """t_start + t, in unix seconds."""
    assert records("monitor", f"{HEADER}r,l,t\n1.5,20,0.5\n2.5,30,0.75\n") == [
        {"r": 1.5, "l": 20, "sum of l": 20, "t_start + t": 1700000001.0},
        {"r": 2.5, "l": 30, "sum of l": 50, "t_start + t": 1700000001.25},
    ]


def test_a_monitor_written_on_windows_ends_its_lines_with_two_carriage_returns() -> None:
    """`# {`, CR LF and CR CR LF in one file."""
    text = '# {"t_start": 1700000000.0, "env_id": null} \r\nr,l,t\r\r\n1,2,3\r\r\n4,5,6\r\r\n'
    assert chosen(text, "monitor.csv") == "monitor"
    assert [entry["sum of l"] for entry in records("monitor", text)] == [2, 7]


def test_a_comment_with_as_many_commas_as_the_columns_is_no_header() -> None:
    """Old Baselines names the version of gym too."""
    text = '#{"t_start": 1500000000.0, "gym_version": "0.9", "env_id": "A-v0"}\nr,l,t\n1,2,3\n'
    assert chosen(text, "0.monitor.csv") == "monitor"
    assert [entry["r"] for entry in records("monitor", text)] == [1]


def test_a_resumed_monitor_goes_on_counting_steps() -> None:
    """With a second header its clock is the new one."""
    again = HEADER.replace("1700000000", "1700000100")
    found = records("monitor", f"{HEADER}r,l,t\n1,20,5\n{again}r,l,t\n2,20,5\n")
    assert [entry["sum of l"] for entry in found] == [20, 40]
    assert [entry["t_start + t"] for entry in found] == [1700000005.5, 1700000105.5]


def test_time_never_falls_where_a_monitor_was_resumed_without_a_header() -> None:
    """The seconds of the second training come after those of the first."""
    found = records("monitor", f"{HEADER}r,l,t\n1,1,5\n1,1,9\n1,1,2\n1,1,3\n1,1,1\n")
    times = [entry["t_start + t"] - 1700000000.5 for entry in found]
    assert times == [5, 9, 11, 12, 13]


def test_a_monitor_that_does_not_say_when_it_began_has_seconds_only() -> None:
    """`t_start` may be 0, as in recordings of games with two players."""
    text = '#{"t_start": 0.0, "env_id": "A"}\nr0,r1,l,t\n1,2,3,4\n'
    assert chosen(text, "monitor.csv") == "monitor"
    (entry,) = records("monitor", text)
    assert entry == {"r0": 1, "r1": 2, "l": 3, "sum of l": 3, "seconds since the start": 4}


def test_more_columns_of_a_monitor_are_values_of_their_own() -> None:
    """Those of `info_keywords`; one may be blank."""
    found = records("monitor", f"{HEADER}r,l,t,is_success,note\n1,2,3,True,a\n1,2,4,,b\n")
    assert found[0]["is_success"] == 1
    assert "is_success" not in found[1]
    assert [entry["sum of l"] for entry in found] == [2, 4]


def test_a_monitor_without_a_comment_is_known_by_its_name() -> None:
    """Its times are seconds since the start."""
    assert chosen("r,l,t\n1,2,3\n", "0.monitor.csv") == "monitor"
    assert records("monitor", "r,l,t\n1,2,3\n")[0]["seconds since the start"] == 3
    assert chosen("r,l,t\n1,2,3\n", "other.csv") == "table"


BOX = """Logging to here
-----------------------------
| rollout/           |      |
|    ep_rew_mean     | 17.7 |
| time/              |      |
|    total_timesteps | 128  |
-----------------------------
"""
OLD_BOX = "-----------------\n| loss  | 0.41   |\n| steps | {}   |\n-----------------\n"


def test_a_key_in_a_box_belongs_to_the_section_above_it() -> None:
    """The tag is the one that the table of the same training has."""
    assert chosen(BOX, "log.txt") == "baselines-boxes"
    assert records("baselines-boxes", BOX + BOX.replace("128", "256")) == [
        {"rollout/ep_rew_mean": 17.7, "time/total_timesteps": 128},
        {"rollout/ep_rew_mean": 17.7, "time/total_timesteps": 256},
    ]


def test_one_line_of_dashes_may_stand_between_two_boxes() -> None:
    """It ends one and begins the next."""
    text = BOX + BOX.split("\n", 2)[2]
    assert len(records("baselines-boxes", text)) == 2


def test_boxes_whose_step_is_rounded_are_numbered() -> None:
    """Two boxes with the step 1.22e+03 would replace one another."""
    text = OLD_BOX.format("1.22e+03") * 2
    found = records("baselines-boxes", text)
    assert [entry["number of the row"] for entry in found] == [1, 2]
    assert "number of the row" not in records("baselines-boxes", OLD_BOX.format("1219"))[0]


def test_a_box_that_is_cut_off_is_reported() -> None:
    """Its step may stand in a row that is not there yet."""
    for end, values in ((BOX.index("128"), 2), (BOX.index("| time/"), 1)):
        found, (problem,) = read("baselines-boxes", BOX + BOX[:end])
        assert [place for place, _ in found] == [6]
        assert (problem.what, problem.values) == ("a box is cut off", values)
    assert len(records("baselines-boxes", BOX + BOX[:-2])) == 2


def test_a_markdown_table_is_no_box() -> None:
    """It has a rule inside, not around it."""
    assert chosen("| key | value |\n|---|---|\n| loss | 0.5 |\n", "log.txt") != "baselines-boxes"


def test_progress_keeps_its_columns_and_copies_the_clock() -> None:
    """A resumed training's clock begins again; the time does not fall."""
    text = "time/total_timesteps,time/time_elapsed,train/loss\n1,4,\n2,8,0.5\n1,3,0.4\n"
    assert chosen(text, "whatever.csv") == "baselines-csv"
    found = records("baselines-csv", text)
    assert [entry["seconds since the start"] for entry in found] == [4, 8, 11]
    assert [entry["time/time_elapsed"] for entry in found] == [4, 8, 3]
    assert "train/loss" not in found[0]


def test_a_progress_without_a_step_counts_its_rows_from_one() -> None:
    """As the TensorBoard logger of OpenAI Baselines does, in both files."""
    table = "eprewmean,misc/nupdates\n0.5,10\n0.6,20\n"
    assert chosen(table, "progress.csv") == "baselines-csv"
    assert [entry["number of the row"] for entry in records("baselines-csv", table)] == [1, 2]
    lines = '{"eprewmean": 0.5, "misc/nupdates": 10}\n{"eprewmean": 0.6, "misc/nupdates": 20}\n'
    assert chosen(lines, "progress.json") == "baselines-jsonl"
    assert [entry["number of the row"] for entry in records("baselines-jsonl", lines)] == [1, 2]
    assert chosen(table, "results.csv") == "table"


def saved(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_evaluations_give_means_deviations_and_the_episodes() -> None:
    """And the share of successes, where the environment told them."""
    data = saved(timesteps=[10, 20], results=[[1.0, 3.0], [2.0, 2.0]], successes=[[1, 0], [1, 1]])
    assert chosen(data, "evaluations.npz") == "evaluations"
    found, problems = read("evaluations", data)
    assert problems == []
    assert found[0][1] == {
        "timesteps": 10,
        "eval/mean_reward": 2.0,
        "eval/std_reward": 1.0,
        "eval/rewards": [1.0, 3.0],
    }
    assert [
        fields["eval/success_rate"] for _, fields in found if "eval/success_rate" in fields
    ] == [
        0.5,
        1.0,
    ]


def test_evaluations_that_are_damaged_or_hold_objects_are_reported() -> None:
    """Nothing is unpickled, nothing is raised."""
    pickled = saved(timesteps=[1], results=np.asarray([{}], dtype=object))
    whole = saved(timesteps=[1, 2], results=[[1.0], [2.0]])
    misfit = saved(timesteps=[1, 2], results=[[1.0]])
    for data in (pickled, whole[:150], misfit, b"PK\x03\x04", whole.replace(b"<f8", b"<O8")):
        found, problems = read("evaluations", data, "evaluations.npz")
        assert (found, len(problems)) == ([], 1)


def test_an_ordered_dictionary_of_the_zoo_is_read_as_hyperparameters() -> None:
    """rl-zoo saves its config with a Python tag, which is not followed."""
    text = "!!python/object/apply:collections.OrderedDict\n- - - n_envs\n    - 8\n"
    ((_, fields),), problems = read("config", text, "config.yml")
    assert (fields[""].values, problems) == ({"n_envs": 8.0}, [])


def test_the_same_training_is_told_once(samples: Path, tmp_path: Path) -> None:
    """Of progress.json, progress.csv and log.txt only the first is read."""
    report = tbingest.convert(samples / "formats/baselines/sb3", tmp_path / "runs", NO_PLOTS)
    told = {Path(source.source).name: source.format for source in report.sources}
    assert told["progress.json"] == "baselines-jsonl"
    assert "log.txt" not in told
    assert "progress.csv" not in told


def test_spinning_up_counts_interactions_or_epochs() -> None:
    """`Time` is a value, and the seconds since the start."""
    text = "Epoch\tAverageEpRet\tEpLen\tTotalEnvInteracts\tTime\n0\t-4.5\t50\t100\t2.5\n"
    assert chosen(text, "progress.txt") == "spinup"
    (entry,) = records("spinup", text)
    assert (entry["TotalEnvInteracts"], entry["Time"]) == (100, 2.5)
    assert entry["seconds since the start"] == 2.5
    assert chosen("epoch\tmu-loss\n1\t0.5\n", "progress.txt") == "spinup"
    assert chosen("epoch\tmu-loss\n1\t0.5\n", "other.tsv") == "table"


def test_dowel_counts_its_rows_from_zero_and_garage_names_its_step() -> None:
    """garage tells its TensorBoard logger that TotalEnvSteps is the axis."""
    plain = "Evaluation/AverageReturn,TotalEnvSteps\n0.5,1000\n0.6,2000\n"
    assert chosen(plain, "progress.csv") == "dowel"
    assert [entry["number of the row"] for entry in records("dowel", plain)] == [0, 1]
    garage = "Evaluation/AverageReturn,Evaluation/Iteration,TotalEnvSteps\n0.5,0,1000\n"
    assert "number of the row" not in records("dowel", garage)[0]


RESULT = """{"loss": 0.5, "nested": {"a": 1}, "done": false, "timesteps_total": %s, "pid": 7,
"training_iteration": 3, "time_total_s": 2.5, "timestamp": 1700000000, "date": "2026-11-23",
"config": {"lr": 0.1}, "hist": [1, 2, 3]}""".replace("\n", "")


def test_a_result_of_ray_is_placed_by_its_steps_or_else_its_number() -> None:
    """Book-keeping is no value; the first config is the hyperparameters."""
    text = f"{RESULT % 40}\n{RESULT % 'null'}\n"
    assert chosen(text, "result.json") == "ray-jsonl"
    found, problems = read("ray-jsonl", text)
    assert problems == []
    assert found[0][1][""].values == {"lr": 0.1}
    values = {"loss": 0.5, "nested/a": 1, "done": 0, "timestamp": 1700000000, "hist": [1, 2, 3]}
    assert [fields for _, fields in found[1:]] == [
        {**values, "step of the result": 40},
        {**values, "step of the result": 3},
    ]


def test_a_table_of_ray_holds_nested_values_as_python_writes_them() -> None:
    """What is no literal stays a text; a row that ends inside a quote is reported."""
    text = (
        "loss,info,odd,config,training_iteration,time_total_s\n"
        "0.5,\"{'a': 1.5, 'b': nan}\",\"[1. 2.\n 3.]\",{'lr': 0.1},1,2.5\n"
        "0.4,\"{'a': 1"
    )
    assert chosen(text, "progress.csv") == "ray-csv"
    found, (problem,) = read("ray-csv", text)
    assert found[0][1][""].values == {"lr": 0.1}
    assert found[1][1] == {
        "loss": 0.5,
        "info/a": 1.5,
        "odd": "[1. 2.\n 3.]",
        "step of the result": 1,
    }
    assert (problem.line, problem.values) == (4, 2)


def test_nested_cells_are_never_executed() -> None:
    """Nor may a deep one overflow anything."""
    deep = "[" * 50_000
    for cell in ("{'a': print(1)}", deep, "{1: [}", "[" + "1," * 60_000):
        assert nested(cell) == cell


def test_of_a_trial_of_ray_one_log_is_read(samples: Path, tmp_path: Path) -> None:
    """result.json, not the progress.csv beside it; the state of the search is no log."""
    folder = samples / "formats/ray/jsonl"
    report = tbingest.convert(folder, tmp_path / "runs", NO_PLOTS)
    told = sorted(Path(source.source).name for source in report.sources)
    assert told == ["params.json", "params.json", "result.json", "result.json"]


def test_a_result_longer_than_what_is_looked_at_is_placed_as_well(tmp_path: Path) -> None:
    """Results of many agents take more than 64 KiB a line."""
    result = {"custom_metrics": {}, "hist_stats": {"reward": list(range(20_000))}, "loss": 0.5}
    lines = [
        json.dumps({**result, "training_iteration": n, "timestamp": 1_700_000_000 + n})
        for n in (3, 4)
    ]
    path = tmp_path / "result.json"
    path.write_text("\n".join(lines) + "\n")
    (source,) = tbingest.convert(path, tmp_path / "runs", NO_PLOTS).sources
    assert (source.format, source.read, source.reported) == ("ray-jsonl", 4, 0)
    ((_, loaded),) = accumulated(tmp_path / "runs")
    found = [(event.step, event.wall_time) for event in loaded.Scalars("ray/tune/loss")]
    assert found == [(3, 1_700_000_003.0), (4, 1_700_000_004.0)]


def test_boxes_beside_a_table_of_any_fields_are_told_once(tmp_path: Path) -> None:
    """The table of hindsight experience replay has none of the usual fields."""
    (tmp_path / "progress.csv").write_text("stats_g/mean,epoch,test/episode\n0.5,0,20\n0.4,1,40\n")
    box = (
        "{0}\n| epoch         | {1}    |\n| test/episode  | 20   |\n| stats_g/mean  | 0.5  |\n{0}\n"
    )
    (tmp_path / "log.txt").write_text("".join(box.format("-" * 24, n) for n in (0, 1)))
    report = tbingest.convert(tmp_path, tmp_path / "runs", NO_PLOTS)
    assert [Path(source.source).name for source in report.sources] == ["progress.csv"]
    assert last_step(tmp_path / "runs") == 1


def test_a_metric_of_d3rlpy_is_named_after_its_file() -> None:
    """Its epoch is the step, and the step of the environment no value."""
    text = "1,20,0.5\n2,40,nan\n3,60,0.25\n"
    assert chosen(text, "DQN_2026/loss.csv") == "d3rlpy"
    found, _ = read("d3rlpy", text, "DQN_2026/loss.csv")
    assert found[0][1] == {"epoch": 1, "metrics/loss": 0.5}
    assert len(found) == 3
    gradients = "epoch,step,min,max,mean,std\n1,20,-1,1,0,0.5\n"
    assert chosen(gradients, "fc_grad.csv") == "d3rlpy"
    found, _ = read("d3rlpy", gradients, "fc_grad.csv")
    assert found[0][1]["gradients/fc/max"] == 1


@pytest.mark.parametrize("text", ["1,20,0.5\n2,10,0.4\n", "1,20,0.5\n1,40,0.4\n", "2,4,6\n3,5,7\n"])
def test_any_matrix_of_three_columns_is_not_taken_for_a_metric(text: str) -> None:
    """The epoch grows by one from the first, and the step grows."""
    assert chosen(text, "loss.csv") != "d3rlpy"


def test_a_tag_of_deepspeed_is_told_by_the_file_and_its_header() -> None:
    """Only the header says which of its underscores were none."""
    text = "step,train_loss\n32,0.5\n"
    assert chosen(text, "Train_Samples_train_loss.csv") == "deepspeed-csv"
    found, _ = read("deepspeed-csv", text, "Train_Samples_train_loss.csv")
    assert found == [(2, {"step": 32, "Train/Samples/train_loss": 0.5})]
    assert chosen(text, "train_loss.csv") == "table"


def test_seeds_that_dopamine_does_not_name_are_runs_of_their_own() -> None:
    """10 and 10.0 are one iteration; an agent with one seed has none below it."""
    curves = [("A", 10, 1.0), ("A", 10.0, 2.0), ("B", 10, 3.0)]
    text = json.dumps([{"Iteration": i, "Value": v, "Agent": a} for a, i, v in curves])
    assert chosen(text, "ant.json") == "dopamine"
    found, _ = read("dopamine", text)
    runs = [fields["agent and seed"] for _, fields in found]
    assert runs == ["A/seed 1", "A/seed 2", "B"]


def test_the_mean_of_a_statistic_has_its_own_tag_and_nothing_of_it_is_lost() -> None:
    """The step is the whole part of the kimg."""
    text = (
        '{"Loss/G/loss": {"num": 16, "mean": 0.5, "std": 0.25}, "Progress/kimg": {"num": 1, '
        '"mean": 4.032, "std": 0.0}, "timestamp": 1700000000.5}\n'
    )
    assert chosen(text, "stats.jsonl") == "stylegan-stats"
    (entry,) = records("stylegan-stats", text)
    assert entry == {
        "Loss/G/loss": 0.5,
        "std/Loss/G/loss": 0.25,
        "num/Loss/G/loss": 16,
        "Progress/kimg": 4.032,
        "std/Progress/kimg": 0.0,
        "num/Progress/kimg": 1,
        "kimg": 4,
        "timestamp": 1700000000.5,
    }


def test_a_score_of_stylegan_stands_at_its_snapshot() -> None:
    """Of a snapshot without a number there is no step."""
    line = '{"results": {"fid": 9.5}, "metric": "fid", "total_time": 2.0, "snapshot_pkl": "%s"}\n'
    text = line % "network-snapshot-000016.pkl" + line % "ffhq-1024x1024.pkl"
    assert chosen(text, "metric-fid.jsonl") == "stylegan-metric"
    found = records("stylegan-metric", text)
    assert found[0] == {"results/fid": 9.5, "fid/total_time": 2.0, "kimg of the snapshot": 16}
    assert "kimg of the snapshot" not in found[1]


PIECES = {
    "monitor": [
        "#",
        '{"t_start": 5e8}',
        "r,l,t\n",
        "1,2,3\n",
        "1,",
        "nan,",
        "4,0.5,2\n",
        "\r\n",
    ],
    "baselines-boxes": [
        "-------\n",
        "|",
        "| a | 1 |\n",
        "|   b | x |\n",
        "| c/ | |\n",
        "t\n",
        "\r",
    ],
    "baselines-csv": ["1,2,3\n", "2,,\n", ",nan,x\n", "1e3,5,", "\n", "inf"],
    "baselines-jsonl": [
        '{"time/time_elapsed": 3}\n',
        '{"a": null}',
        "\n",
        "[",
        '{"a": "x"}\n',
        "NaN",
    ],
    "ray-csv": ["\"{'a': 1}\",", "1,2,3\n", '"[1, 2]",', "nan,", "\n", "{", "1,", "x"],
    "ray-jsonl": [
        RESULT % 3,
        RESULT % "NaN",
        '{"config": {}}',
        '{"training_iteration": "x"}',
        "\n",
    ],
}
START = {
    "monitor": f"{HEADER}r,l,t\n1,2,3\n",
    "baselines-boxes": BOX,
    "baselines-csv": "time/total_timesteps,time/time_elapsed,train/loss\n1,4,\n",
    "baselines-jsonl": '{"time/total_timesteps": 1, "time/time_elapsed": 4}\n',
    "ray-csv": "info,training_iteration,time_total_s\n{'b': 2},2,1\n",
    "ray-jsonl": f"{RESULT % 1}\n",
}


@pytest.mark.parametrize("form", PIECES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_pieces_in_any_order_are_read_the_same_however_they_are_cut(
    form: str, data: st.DataObject
) -> None:
    """Sums, clocks and boxes go on over every cut, and nothing is raised."""
    pieces = data.draw(st.lists(st.sampled_from(PIECES[form]), max_size=30), "pieces")
    text = START[form] + "".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6), "cuts")
    assert same(read(form, text, "log", cuts), read(form, text))


MONITORS = {
    "sb3/dqn_crcrlf/monitor.csv": (38, 3838),
    "sb3/gen_seed1/0.monitor.csv": (326, 6000),
    "sb3/hopper/.monitor.csv": (100, 2237),
    "openai_baselines/deepcars/0.0.monitor.csv": (17972, 999810),
}


@pytest.mark.parametrize("name", MONITORS)
def test_every_episode_of_a_real_monitor_is_read(name: str, corpus: Path, tmp_path: Path) -> None:
    """As many rewards and lengths as the file has, up to the sum of its lengths."""
    points, steps = MONITORS[name]
    (source,) = tbingest.convert(corpus / name, tmp_path / "runs", NO_PLOTS).sources
    assert (source.format, source.read, source.written["scalar"]) == ("monitor", points, points)
    assert last_step(tmp_path / "runs") == steps


REAL = {
    "sb3/gen_seed1/log.txt": ("baselines-boxes", 719, 6016),
    "sb3/gen_seed1/progress.csv": ("baselines-csv", 719, 6016),
    "sb3/gen_seed1/progress.json": ("baselines-jsonl", 719, 6016),
    "sb3/gen_seed1/evaluations.npz": ("evaluations", 3 * 24, 6000),
    "sb3/jobshop/progress.csv": ("baselines-csv", 365, 51200),
    "openai_baselines/deepcars/log.txt": ("baselines-boxes", 267, 971548),
    "openai_baselines/deepcars/progress.csv": ("baselines-csv", 267, 971548),
    "openai_baselines/deepcars_truncated/progress.csv": ("baselines-csv", 177, 489795),
    "guided_diffusion/kpd/progress.csv": ("baselines-csv", 7273, 10380),
    "spinningup/ddpg_s0/progress.txt": ("spinup", 2550, 150),
    # The column of epochs comes on top.
    "spinningup/placement/progress.txt": ("spinup", 190 + 10, 10000),
    # 18 metrics, `done` and the hyperparameters; the constants of the config are no curves.
    "dopamine/mujoco_ant.json": ("dopamine", 1600, 3190),
    "dreamer/metrics.jsonl": ("jsonl", 258, 4300),
    "stylegan/rpgsprite/metric-fid50k_full.jsonl": ("stylegan-metric", 24, 280),
    # Means, deviations and numbers of 25 statistics.
    "stylegan/rpgsprite/stats.jsonl": ("stylegan-stats", 2000 + 2000 + 2000, 316),
    "rllib/apex_breakout/result.json": ("ray-jsonl", 18 * 262 + 262 + 1, 10358240),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_log_is_read_whole(name: str, corpus: Path, tmp_path: Path) -> None:
    """As many values as the corpus' manifest counts, up to its last step."""
    form, values, step = REAL[name]
    (source,) = tbingest.convert(corpus / name, tmp_path / "runs", NO_PLOTS).sources
    cut = "truncated" in name  # its last row has no end, and no step
    assert (source.format, source.read, source.reported) == (form, values, cut)
    assert last_step(tmp_path / "runs") == step


def test_the_last_row_of_a_killed_trial_is_reported(corpus: Path, tmp_path: Path) -> None:
    """It ends inside a quote, at a multiple of 4096 bytes; the rows before it are whole."""
    path = corpus / "rllib" / "apex_breakout" / "progress.csv"
    (source,) = tbingest.convert(path, tmp_path / "runs", NO_PLOTS).sources
    # 10 metrics as the manifest counts them, `done`, eight numbers of `info`, the hyperparameters.
    assert (source.read, source.reported) == (19 * 261 + 1 + 10, 10)
    assert last_step(tmp_path / "runs") == 10318240


def last_step(logdir: Path) -> int:
    return max(
        event.step
        for _, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
        for event in loaded.Scalars(tag)
    )


def test_environments_of_one_training_are_runs_below_it(tmp_path: Path) -> None:
    """Their monitors; the evaluations are the training's own, with and without a progress table."""
    monitor = f"{HEADER}r,l,t\n1,20,5\n2,20,9\n"
    folder = tmp_path / "logs" / "zoo"
    folder.mkdir(parents=True)
    for name in ("0.monitor.csv", "1.monitor.csv"):
        (folder / name).write_text(monitor.replace("1,20", f"{ord(name[0])},20"))
    steps = np.array([100, 200])
    np.savez(folder / "evaluations.npz", timesteps=steps, results=np.ones((2, 3)))
    (folder / "args.yml").write_text("seed: 3\nlr: 0.1\n")
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs")
    assert {entry.source.rpartition("/")[2]: entry.run for entry in report.sources} == {
        "0.monitor.csv": "zoo/0.monitor",
        "1.monitor.csv": "zoo/1.monitor",
        "evaluations.npz": "zoo",
        "args.yml": "zoo",
    }
    assert not (tmp_path / "runs" / "_summary").exists()
