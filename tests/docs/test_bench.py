"""The benchmark runs, and says what it measures; how fast anything is, no test asserts."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from bench import clusters, page
from bench.dataset import Dataset
from bench.exact import Exact
from bench.judged import scores
from bench.judged.sets import Query
from bench.judged.systems import BY_HAND, RELATIVE, RRF, WORDS, fused
from bench.shards import data as shards
from bench.situations import SITUATIONS
from bench.sweep.cells import Cell, Filter
from bench.sweep.measure import BEST, BEST_95
from bench.sweep.plans import candidates
from bench.sweep.result import Result
from bench.sweep.truth import Score, Truth

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path) -> str:
    ended = _bench(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def fail(*arguments: str | Path) -> str:
    ended = _bench(*arguments)
    assert ended.returncode == 1, ended.stderr
    return ended.stderr


def _bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def test_first(tmp_path: Path) -> None:
    run("first", "--quick", "--no-peers", "--output", tmp_path)
    assert "Collection.query" in (tmp_path / "first.md").read_text()
    assert json.loads((tmp_path / "first.json").read_text())


def test_clients(tmp_path: Path) -> None:
    run("clients", "--quick", "--output", tmp_path)
    figures = json.loads((tmp_path / "clients.json").read_text())
    assert {"memory", "concurrency"} <= figures.keys()
    assert "peak memory, MB" in (tmp_path / "clients.md").read_text()


def test_costs(tmp_path: Path) -> None:
    run("costs", "--quick", "--output", tmp_path)
    assert json.loads((tmp_path / "costs.json").read_text())["costs"]["measured"]["candidate"]


def test_graph(tmp_path: Path) -> None:
    run("graph", "--quick", "--output", tmp_path)
    graphs = json.loads((tmp_path / "graph.json").read_text())["clusters_far"]
    assert graphs["default of create_index"]["parameters"].startswith("m=")
    thin, usual = (graphs[graph]["searches"]["ef 40, k = 10"] for graph in ("4, 8", "16, 64"))
    assert thin["recall"] < usual["recall"]


def test_precision(tmp_path: Path) -> None:
    run("precision", "--quick", "--output", tmp_path)
    found = json.loads((tmp_path / "precision.json").read_text())
    sizes = {name: found["beside full"][name]["bytes"] for name in ("full", "half", "binary")}
    assert sizes["binary"] < sizes["half"] < sizes["full"]
    assert found["beside full"]["half"]["searches"]["10"]["recall"] > 0.9
    dimensions = found["many dimensions"]
    assert [dimensions[one]["precision"] for one in ("3072", "8192")] == ["half", "binary"]
    assert min(dimensions[one]["recall"] for one in ("3072", "8192")) > 0.9


def test_builds(tmp_path: Path) -> None:
    run("builds", "--quick", "--output", tmp_path)
    found = json.loads((tmp_path / "builds.json").read_text())
    assert found["building"]["failed"] == 0
    assert found["building"]["writes"] > 0
    parts = found["partial"]
    assert parts["a fifth, at random"]["rows"] > parts["2 %, at random"]["rows"] > 0
    assert parts["a fifth, at random"]["searches"]["10"]["recall"] > 0.9
    loads = found["loading"]["cells"]
    assert [loads[share]["rows"] for share in ("1 %", "100 %")] == [10, 1000]
    assert [loads[share]["auto"] for share in ("50 %", "100 %")] == [False, True]
    assert all(cell["in_place_s"] > 0 < cell["rebuilt_s"] for cell in loads.values())


def test_statistics(tmp_path: Path) -> None:
    run("statistics", "--quick", "--output", tmp_path)
    found = json.loads((tmp_path / "statistics.json").read_text())
    assert SITUATIONS.keys() <= found.keys()
    for situation in SITUATIONS:
        for cell in found[situation]["cells"]:
            ours = cell["systems"]["vecs-sql"]
            assert (ours["short"], ours["wrong"]) == (0, 0), cell
    # Whether what the rows are compared with is right: of these, as many match as fewer conditions let pass.
    matches = [cell["matches"] for cell in found["correlated keys"]["cells"]]
    assert matches[1] == matches[4] > matches[5] == matches[6] == 0
    assert found["nine tenths deleted since"]["cells"][0]["matches"] == 200


def test_throughput(tmp_path: Path) -> None:
    # Some programs that start others leave this signal blocked, by which pgbench ends.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        run("throughput", "--quick", "--output", tmp_path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    figures = json.loads((tmp_path / "throughput.json").read_text())["throughput"]
    for kind in ("no filter", "filter of 50 rows"):
        assert min(figures[kind]["2"]["searches_per_second"].values()) > 0


def test_large(tmp_path: Path) -> None:
    run("large", "--quick", "--no-peers", "--output", tmp_path)
    found = json.loads((tmp_path / "large.json").read_text())
    assert found["loading"]["cost"]["vecs-sql"]["memory_bytes"] > 0
    for recall in (0.95, 0.99):
        for system in ("vecs-sql", "hand-written"):
            point = found["unfiltered"][f"recall {recall:g}"][system]
            assert point["recall"] >= recall
            assert point["searches_per_second"]["2"] > 0
    assert len(found["filtered"]["cells"]) == 4


def test_many(tmp_path: Path) -> None:
    run("many", "--quick", "--output", tmp_path)
    figures = json.loads((tmp_path / "many.json").read_text())
    near = figures["1000 rows, near"]
    assert near["vecs.query_many(), one call"]["same_ids"] == 1


def test_adopted(tmp_path: Path) -> None:
    run("adopted", "--quick", "--output", tmp_path)
    cells = json.loads((tmp_path / "adopted.json").read_text())["adopted"]["cells"]
    assert len(cells) == 12
    # Few of 1,000 rows match, so the searches are exact, and the same.
    assert cells['{"lex": 5}, k = 10']["same_ids"] == 1
    assert cells["no filter, k = 100"]["matches"] == 1_000


def test_judged(tmp_path: Path) -> None:
    run("judged", "--quick", "--no-peers", "--output", tmp_path)
    found = json.loads((tmp_path / "judged.json").read_text())
    glosses, constants = found["glosses"], found["constants"]["MRR"]
    assert glosses[WORDS]["kinds"]["word"]["MRR@10"] == 1
    assert 0 < glosses[BY_HAND]["MRR@10"]["value"] < glosses[RRF]["MRR@10"]["value"]
    # What is computed with the constants of the SQL layer is what its functions return.
    mrr = glosses[WORDS]["MRR@10"]["value"]
    assert constants["BM25 with k1 = 0.6, b = 0.4"]["glosses"] == mrr
    assert constants["BM25 with k1 = 1.2, b = 0.75"]["glosses"] != mrr
    difference = constants["fusion of ranks with 2"]["glosses"] - glosses[RRF]["MRR@10"]["value"]
    assert abs(difference) < 1e-9


def test_words(tmp_path: Path) -> None:
    run("words", "--quick", "--output", tmp_path)
    found = json.loads((tmp_path / "words.json").read_text())
    assert min(one["p50_ms"] for name, one in found["500 rows"].items() if name != "targets") > 0
    assert found["upsert"]["rows_per_second"]["with a text index"] > 0


def test_shards(tmp_path: Path) -> None:
    run("shards", "--quick", "--output", tmp_path)
    found = json.loads((tmp_path / "shards.json").read_text())
    local = ("plain", "local on the cluster")
    for what in (
        "query, k = 100",
        "query, k = 10, filter of 1 %",
        "fetch, 100 ids",
        "delete, 100 ids",
    ):
        assert min(found["calls"][what][one]["ms"] for one in local) > 0
    for clients in ("1 client", "4 clients"):
        assert min(found["loads"][clients][one]["rows_per_second"] for one in local) > 0
    assert len({found["index"][one]["table_bytes"] for one in local}) == 1
    for one in local:
        answers = found["answers"][one]
        assert (answers["short"], answers["wrong"]) == (0, 0)
        assert min(answers["recall"].values()) > 0.9
    guide = tmp_path / "scale-out.md"
    guide.write_text(f"Before.\n\n{page.FIGURES}\nOld.\n{page.END_OF_FIGURES}\n\nAfter.\n")
    shutil.copy(ROOT / "bench" / "results" / "sweep-clusters.json", tmp_path)
    run("page", "--results", tmp_path, "--output", tmp_path)
    text = guide.read_text()
    assert "| fetch, 100 ids | " in text
    assert "\n### Building the index" in text
    assert "Old." not in text
    assert text.startswith("Before.\n\n<!--")
    assert text.endswith("-->\n\nAfter.\n")
    assert page.with_shards(text, tmp_path) == text


def test_shards_leaves_nothing_and_takes_no_collection_of_yours(database: str) -> None:
    arguments = ("shards", "--quick", "--plain", database, "--cluster", database, "--shards")
    with psycopg.connect(database, autocommit=True) as connection:

        def collections() -> list[str]:
            rows = connection.execute("SELECT name FROM vecs.list_collections()").fetchall()
            return [row[0] for row in rows]

        run(*arguments, "0")
        assert collections() == []
        assert "Citus" in fail(*arguments, "2")
        assert collections() == []
        connection.execute("SELECT vecs.create_collection('vecs_sql_bench_plain_loads', 3)")
        assert '"vecs_sql_bench_plain_loads"' in fail(*arguments, "0")
        assert collections() == ["vecs_sql_bench_plain_loads"]


def test_shards_needs_the_functions(empty_database: str, database: str) -> None:
    said = fail("shards", "--quick", "--plain", database, "--cluster", empty_database)
    assert "--cluster does not have vecs-sql" in said


def test_the_filters_of_shards_match_what_they_say() -> None:
    data = shards.make(2_000)
    assert np.linalg.norm(data.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    numbers = [row["n"] for row in data.metadata]
    tenth = shards.matching(data, 0.1)
    assert tenth is not None
    assert [numbers[position] for position in tenth] == [n for n in numbers if n < 10_000]
    sizes = []
    for search in shards.searches(data, 50):
        wanted = json.loads(search.filters)
        sizes.append(len(search.matching))
        assert search.matching == {
            position
            for position, row in enumerate(data.metadata)
            if wanted["n"]["$gte"] <= row["n"] < wanted["n"]["$lt"]
            and row["kind"] == wanted.get("kind", row["kind"])
        }
    assert min(sizes) == 0
    assert max(sizes) > 500


def test_the_measures_of_judged_answers() -> None:
    right = frozenset("bd")
    assert scores.score("abcd", right)[:2] == [0.5, 1]
    assert scores.score("bdac", right) == [1, 1, 1]
    assert scores.score("ac", right) == [0, 0, 0]
    assert 0 < scores.score("ab", right)[2] < scores.score("ba", right)[2] < 1
    # Each kind counts the same, whatever the number of its queries.
    queries = [Query("one", "", right), *[Query("many", "", right)] * 99]
    found = scores.intervals(scores.scores(["bd", *["ac"] * 99], queries), queries)
    assert [vars(one) for one in found] == [{"value": 0.5, "low": 0.5, "high": 0.5}] * 3
    half = scores.scores(["bd", "ac"] * 50, queries)
    (interval, *_) = scores.intervals(half, queries)
    assert interval.low < interval.value < interval.high
    assert scores.intervals(half, queries)[0] == interval


def test_ranks_are_fused_as_hybrid_query_does() -> None:
    far = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
    assert fused("abc", "cd", 2, far) == ["c", "a", "b", "d"]
    assert fused("ab", "cd", 2, {**far, "c": 0.05}) == ["c", "a", "b", "d"]


def test_sweep_and_growth_and_page(tmp_path: Path) -> None:
    run("sweep", "--quick", "--no-peers", "--output", tmp_path)
    run("growth", "--quick", "--output", tmp_path)
    cells = json.loads((tmp_path / "sweep-glosses.json").read_text())["glosses"]["cells"]
    assert {cell["kind"] for cell in cells} == {"none", "random", "row", "nothing", "category"}
    for cell in cells:
        ours = cell["systems"]["vecs-sql"]
        assert (ours["short"], ours["wrong"]) == (0, 0), cell
        # The judge can tell a good answer from a bad one: the best plans are picked by it.
        assert cell["systems"][BEST]["recall"] >= 0.98
        assert cell["other_plans"][BEST_95]["recall"] >= 0.95
    run("page", "--results", tmp_path, "--output", tmp_path)
    page = (tmp_path / "benchmark.md").read_text()
    for figure in ("glosses-rows", "glosses-time", "glosses-recall", "growth"):
        assert f"benchmark/{figure}.svg" in page
        assert (tmp_path / "benchmark" / f"{figure}.svg").exists()


def test_the_judge_of_answers() -> None:
    vectors = np.eye(4, dtype=np.float32)
    metadata = [{"half": number % 2} for number in range(4)]
    data = Dataset("few", "l2_distance", list("abcd"), vectors, metadata, vectors, ())
    truth = Truth(data, 1)
    unfiltered = Cell(Filter("none", "none"), 2)
    even = Cell(Filter("50%", "random", "half", (0,)), 10)
    # a is the query's own vector; b, c and d are equally far.
    assert truth.score(unfiltered, [0], [["a", "c"]]).recall == 1
    short = truth.score(unfiltered, [0], [["d"]])
    assert (short.recall, short.short, short.rows_min) == (0.5, 1, 1)
    assert truth.score(unfiltered, [0], [["a", "a"]]).wrong == 1
    assert truth.score(even, [0], [["a", "c"]]).complete
    other = truth.score(even, [0], [["a", "b"]])
    assert (other.recall, other.wrong) == (0.5, 1)
    assert other.reaches(0.5)
    assert not other.reaches(0.6)
    assert not short.reaches(0.5)


def test_the_two_judges_agree() -> None:
    data = clusters.make("clusters", rows=300)
    data = replace(data, queries=data.queries[:4])
    truth = Truth(data, 4)
    even = Filter("50%", "random", "half", (0,))
    matching = np.array([n for n, row in enumerate(data.metadata) if row["half"] == 0])
    random = np.random.default_rng(0)
    for one, positions in ((Filter("none", "none"), None), (even, matching)):
        exact = Exact(data, 4, [10, 100], positions)
        for top_k in (10, 100):
            for number in range(4):
                found = random.permutation(300)[:200].tolist()
                ids = [data.ids[position] for position in found]
                score = truth.score(Cell(one, top_k), [number], [ids])
                assert exact.recall(number, top_k, found) == score.recall
                assert 0 < score.recall < 1


def test_a_ratio_is_of_the_same_queries_and_has_a_floor() -> None:
    score = Score(10, 10, 10, 10, 0, 0, 1)
    slow = Result(score, [[0.002, 0.004, 1.0], [0.002, 0.004, 1.0]])
    assert slow.ratio(Result(score, [[0.001, 0.002], [0.001, 0.002]])) == 2
    assert slow.ratio(Result(score, [[0.0001], [0.0001]])) == 0.002 / 0.0003
    few = Result(score, [[0.0002], [0.0002]])
    assert few.ratio(Result(score, [[0.00005], [0.00005]])) == 1


def test_over_fetching_plans_differ() -> None:
    plans = [plan for plan in candidates(Cell(Filter("none", "none"), 1)) if plan.over_fetch > 1]
    assert plans
    assert len({plan.name for plan in plans}) == len(plans)
    assert {plan.name.split(", ", 2)[2] for plan in plans} == {"2 wanted"}


def test_the_committed_figures_are_complete() -> None:
    assert json.loads((ROOT / "bench" / "results" / "first.json").read_text())
    table = (ROOT / "bench" / "results" / "first.md").read_text()
    for contender in ("hand-written SQL", "Collection.query", "COPY", "vecs 0.4.5"):
        assert contender in table


def test_the_page_on_texts_has_the_committed_figures() -> None:
    page = (ROOT / "docs" / "text.md").read_text()
    found = json.loads((ROOT / "bench" / "results" / "judged.json").read_text())
    sets = ("glosses", "faq", "faq_swedish")
    for system in ("query", WORDS, RRF, RELATIVE, BY_HAND, "LanceDB, hybrid"):
        measures = [[found[one][system][of]["value"] for of in scores.MEASURES] for one in sets]
        assert " | ".join(f"{mrr:.3f} / {recall:.3f}" for mrr, recall, _ in measures) in page
    for constants, of_sets in found["constants"]["MRR"].items():
        figures = " | ".join(f"{mrr:.3f}" for mrr in of_sets.values())
        assert f"{figures} | " in page, constants


def test_the_page_on_scale_out_has_the_committed_figures() -> None:
    text = (ROOT / "docs" / "scale-out.md").read_text()
    assert page.with_shards(text, ROOT / "bench" / "results") == text
