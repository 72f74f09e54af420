"""`bin/manage link_files`: any two tables, and everything that can be wrong with them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from benchmarks.registers import make_files, write_files

CONFIG = """
id = "rec id"
[columns]
given_name = "First Name"
family_name = "Surname"
birth_date = "DOB"
address = ["Town"]
"""
GIVEN = (
    "anna",
    "bruno",
    "carla",
    "dieter",
    "emma",
    "felix",
    "greta",
    "hans",
    "ida",
    "jonas",
    "karla",
    "lukas",
    "maria",
    "nora",
    "otto",
    "paula",
    "ruth",
    "sven",
    "tina",
    "uwe",
)
FAMILY = (
    "becker",
    "fischer",
    "hoffmann",
    "keller",
    "lang",
    "meyer",
    "neumann",
    "peters",
    "richter",
    "schmidt",
    "vogel",
    "wagner",
    "zimmermann",
    "braun",
)
TOWNS = ("aachen", "berlin", "celle", "dresden", "essen", "fulda", "gera", "halle", "jena", "kassel")


def run(*args: Any, **options: Any) -> Any:
    out = StringIO()
    call_command("link_files", *map(str, args), stdout=out, **{k: v and str(v) for k, v in options.items()})
    return out.getvalue()


def linked(*args: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(*args, "--json"))
    return told


def strangers(
    folder: Path, *, seed: int = 2, delimiter: str = ",", bom: str = "", dates: str = "{y}{m:02d}{d:02d}"
) -> Any:
    """Two files of other people than Vietnamese, 400 and 400 rows, 300 in both, with the truth."""
    chance = Random(seed)
    people = [
        (
            chance.choice(GIVEN),
            chance.choice(FAMILY),
            (chance.randint(1930, 2010), chance.randint(1, 12), chance.randint(1, 28)),
            chance.choice(TOWNS),
        )
        for _ in range(500)
    ]
    a, b, truth = folder / "a.csv", folder / "b.csv", folder / "truth.csv"
    _write(a, people[:400], "x", delimiter, bom, dates, chance, 0.0)
    _write(b, people[100:], "y", delimiter, bom, "{y}-{m:02d}-{d:02d}", chance, 0.1)
    truth.write_text("a,b\n" + "".join(f"x{n + 100},y{n}\n" for n in range(300)), encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    return a, b, "--config", config, "--truth", truth


def _write(
    path: Path, people: Any, prefix: str, delimiter: str, bom: str, dates: str, chance: Random, wrong: float
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(bom)
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["rec id", "First Name", " Surname ", "DOB", "Town"])
        for n, (given, family, (y, m, d), town) in enumerate(people):
            name = given[1:] if chance.random() < wrong else given
            born = "19700231" if chance.random() < wrong / 3 else dates.format(y=y, m=m, d=d)
            writer.writerow([f"{prefix}{n}", name.title(), "" if chance.random() < wrong / 3 else family, born, town])


@pytest.mark.parametrize(
    ("delimiter", "bom", "dates"),
    [(",", "", "{y}{m:02d}{d:02d}"), (";", "\ufeff", "{d:02d}/{m:02d}/{y}"), ("\t", "", "{m:02d}/{d:02d}/{y}")],
)
def test_any_latin_names_delimiter_and_date(tmp_path: Path, delimiter: str, bom: str, dates: str) -> None:
    told = linked(*strangers(tmp_path, delimiter=delimiter, bom=bom, dates=dates))
    assert told["f1"] >= 0.97
    assert told["pairs"] == len(told["links"])
    assert told["once_a"]
    assert told["once_b"]


def test_a_vietnamese_register_with_mojibake(tmp_path: Path) -> None:
    a, b, truth, config = write_files(make_files(4, 1500, 500), tmp_path)
    told = linked(a, b, "--config", config, "--truth", truth)
    assert told["f1"] >= 0.98
    assert told["precision"] >= 0.98


def test_the_output_file_holds_the_pairs_and_two_runs_agree(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    told = linked(*args, "--output", tmp_path / "pairs.csv")
    rows = list(csv.reader((tmp_path / "pairs.csv").open(encoding="utf-8")))
    assert rows[0] == ["a", "b", "bits", "probability"]
    assert len(rows) - 1 == told["pairs"]
    assert [row[:2] for row in rows[1:]] == [one[:2] for one in linked(*args)["links"]]


def test_a_threshold_in_bits_or_as_a_probability(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    loose, strict = linked(*args, "--threshold", "0.2"), linked(*args, "--threshold", "0.999")
    assert loose["pairs"] > strict["pairs"]
    assert strict["probability"] == pytest.approx(0.999, abs=1e-4)
    assert linked(*args, "--threshold", "25")["threshold"] == 25


def test_given_weights_are_used(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    (tmp_path / "config.toml").write_text(
        CONFIG + "\n[weights.birth_date]\nequal = { m = 0.9, u = 0.45 }\n", encoding="utf-8"
    )
    assert linked(*args)["weights"]["birth_date"]["equal"] == 1.0


def test_without_json_people_read_a_table(tmp_path: Path) -> None:
    assert "Cặp ghép được" in run(*strangers(tmp_path))


def _refusal(*args: Any) -> CommandError:
    with pytest.raises(CommandError) as refused:
        run(*args)
    assert refused.value.returncode == 2
    return refused.value


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("id = ", "không phải TOML"),
        ('[columns]\nfull_name = "n"', "thiếu cột khoá"),
        ('id = "rec id"', "[columns]"),
        ('id = "rec id"\n[columns]\nshoe_size = "n"', "shoe_size"),
        ('id = "rec id"\n[columns]\nfull_name = 5', "full_name"),
        ('id = "rec id"\n[columns]\naddress = [1]', "address"),
        ('id = "rec id"\nspeed = 1\n[columns]\nfull_name = "n"', "speed"),
        (CONFIG + "[weights.birth_date]\nequal = 5", "weights.birth_date"),
        (CONFIG + "[weights.birth_date]\nequal = { m = 9, u = 1 }", "weights.birth_date"),
    ],
)
def test_a_bad_configuration_says_what(tmp_path: Path, config: str, said: str) -> None:
    args = strangers(tmp_path)
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    message = str(_refusal(*args))
    assert said in message
    assert "config.toml" in message


def test_a_missing_column_is_named_with_its_file(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG.replace('"DOB"', '"Born"'), encoding="utf-8")
    message = str(_refusal(*args))
    assert "Born" in message
    assert "a.csv" in message
    assert "DOB" in message


@pytest.mark.parametrize("content", [b"", b"rec id,First Name,Surname,DOB,Town\n", b"PK\x03\x04xx", b"a\x00b"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    args = strangers(tmp_path)
    (tmp_path / "b.csv").write_bytes(content)
    assert "b.csv" in str(_refusal(*args))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    assert "nowhere.csv" in str(_refusal(tmp_path / "nowhere.csv", *args[1:]))
    (tmp_path / "truth.csv").write_text("one,two\n1,2\n", encoding="utf-8")
    assert "truth.csv" in str(_refusal(*args))


def test_files_without_a_link_end_without_one(tmp_path: Path) -> None:
    args = strangers(tmp_path)
    (tmp_path / "b.csv").write_text("rec id,First Name,Surname,DOB,Town\ny0,Zo,Quist,,\n", encoding="utf-8")
    told = linked(*args)
    assert told["pairs"] == 0
    assert told["f1"] == 0
