"""One contender on one data set, in a process of its own: `python -m benchmarks.contenders ours|splink FOLDER`.

The folder holds left.csv and right.csv (right.csv only where two files are linked), truth.csv and facts.json. Columns are
prepared already, the same for both, so that what is measured is training, blocking, comparing, weighing and deciding. Prints
one JSON object: pairs, precision, recall, f1, the best f1 any threshold could reach, CPU and wall seconds, peak memory.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Pair = tuple[str, str, float]  # keys and weight; links of the contender's own choice come first


def main() -> None:
    """Run, measure, print."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    runs: dict[str, Callable[[Path, dict[str, Any]], tuple[list[Pair], float, float, float]]] = {
        "ours": run_ours, "splink": run_splink,
    }  # fmt: skip
    pairs, threshold, cpu, wall = runs[name](folder, facts)
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        truth = {_ordered(a, b, facts) for a, b in list(csv.reader(file))[1:]}
    told = measures(pairs, threshold, truth, facts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told | {"cpu": round(cpu, 1), "wall": round(wall, 1), "mib": round(peak)}))


def _ordered(a: str, b: str, facts: dict[str, Any]) -> tuple[str, str]:
    """Within one file a pair has no first."""
    return (min(a, b), max(a, b)) if facts["one_file"] else (a, b)


def measures(
    pairs: Sequence[Pair], threshold: float, truth: set[tuple[str, str]], facts: dict[str, Any]
) -> dict[str, float]:
    """At the contender's own threshold, and the best F1 over all thresholds (chosen with the truth)."""
    ranked = sorted(pairs, key=lambda pair: -pair[2])
    right, best, told = 0, 0.0, {"pairs": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    for count, (a, b, weight) in enumerate(ranked, start=1):
        right += _ordered(a, b, facts) in truth
        f1 = 2 * right / (count + len(truth))
        best = max(best, f1)
        if weight >= threshold:
            told = {"pairs": count, "precision": right / count, "recall": right / len(truth), "f1": f1}
    return told | {"best_f1": best}


def run_ours(folder: Path, facts: dict[str, Any]) -> tuple[list[Pair], float, float, float]:
    """The matcher of the record system: weights from the data, threshold of its own."""
    from migration.readers.tables import read_columns  # noqa: PLC0415 - the other contender needs none of it
    from records.rules.linkage.linking import link, trained_model  # noqa: PLC0415
    from records.rules.linkage.roles import Columns, fields_of, make_table  # noqa: PLC0415

    columns = Columns("id", facts["roles"], facts["address"])
    texts = [read_columns(folder / f"{side}.csv", columns.names) for side in facts["sides"]]
    cpu, wall = time.process_time(), time.perf_counter()
    tables = [make_table(columns, one) for one in texts]
    one, other = tables[0], tables[-1]
    model, _ = trained_model(fields_of(columns), one, other)
    found = link(one, other, model, threshold=facts.get("threshold"), measure_household=True)
    took = time.process_time() - cpu, time.perf_counter() - wall
    pairs = [(one.keys[each.left], other.keys[each.right], each.bits) for each in found.decided.links]
    return pairs, found.decided.threshold, *took


def run_splink(folder: Path, facts: dict[str, Any]) -> tuple[list[Pair], float, float, float]:
    """Splink with its library's comparisons, blocked and trained as its guide does; links at probability 0.5."""
    import pandas as pd  # noqa: PLC0415
    import splink.comparison_library as cl  # noqa: PLC0415
    from splink import Linker, SettingsCreator, block_on  # noqa: PLC0415
    from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415

    frames = [
        pd.read_csv(folder / f"{side}.csv", dtype=str, keep_default_na=False).replace("", None)
        for side in facts["sides"]
    ]
    cpu, wall = time.process_time(), time.perf_counter()
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only" if facts["one_file"] else "link_only",
        unique_id_column_name="id",
        comparisons=[_comparison(cl, kind, name) for name, kind in facts["splink"].items()],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in facts["blocks"]],
        retain_matching_columns=False,
    )
    linker = Linker(
        [api.register(frame, dataset_display_name=side) for frame, side in zip(frames, ("l", "r"), strict=False)],
        settings,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in facts["certain"]], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for columns in facts["training"]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    rows = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    took = time.process_time() - cpu, time.perf_counter() - wall
    pairs = list(zip(rows["id_l"], rows["id_r"], rows["match_probability"], strict=True))
    return pairs, 0.5, *took


def _comparison(cl: Any, kind: str, name: str) -> Any:
    if kind == "name":
        return cl.NameComparison(name).configure(term_frequency_adjustments=True)
    if kind == "date":
        return cl.DateOfBirthComparison(
            name, input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
        )
    if kind == "number":
        return cl.DamerauLevenshteinAtThresholds(name, [1, 2])
    if kind == "text":
        return cl.JaroWinklerAtThresholds(name, [0.9]).configure(term_frequency_adjustments=True)
    return cl.ExactMatch(name).configure(term_frequency_adjustments=kind == "common")


if __name__ == "__main__":
    main()
