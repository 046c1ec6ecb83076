"""Building indexes, also while others write and for a load, and what partial ones save: python -m bench builds."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql
from rich.console import Console

from bench import datasets, options, report, stage
from bench.category import category
from bench.dataset import Dataset
from bench.exact import Exact
from bench.loading import loading
from bench.report import Target, Topic
from bench.stage import Server
from bench.sweep.load import load
from bench.timing import Turn, alternate, each, median_wall, time_ratio

_RESULTS = Path(__file__).parent / "results"
_QUICK_ROWS = 2_000
_ALONE = "tenant_alone"
# A tenant of a fifth of the rows, at random; categories that lie together, and rows at random, of 2 to 15 %.
_TENANT = {"tenth": {"$in": [0, 1]}}
_PARTS: dict[str, dict[str, Any]] = {
    "a fifth, at random": _TENANT,
    "adjectives": {"pos": "adj"},
    "lex 5": {"lex": 5},
    "lex 20": {"lex": 20},
    "5 %, at random": {"twentieth": 0},
    "2 %, at random": {"fiftieth": 0},
}


@click.command("builds")
@click.option("--queries", type=click.IntRange(1, 500), default=100, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@options.quick
@options.output("builds", "bench/results, but for --quick")
def command(queries: int, rounds: int, quick: bool, output: Path | None) -> None:
    """Build an index by a bare statement, by create_index() and concurrently; then partial ones, and search by them.

    During the concurrent build others search and write. At last, load rows into an index, and beside it.
    """
    if output is None and not quick:
        output = _RESULTS
    if quick:
        queries, rounds = 10, 2
    data = datasets.sample(_QUICK_ROWS) if quick else datasets.load("glosses")
    console = report.console()
    with stage.server() as server:
        facts = stage.facts(server.connection, {"queries": queries, "rounds": rounds})
        load(server, data, console)
        topics = [_building(server, data, console)]
        topics[-1].show(console)
        topics.append(_partial(server, data, queries, rounds, console))
        topics[-1].show(console)
        topics.append(loading(server, data, console))
        topics[-1].show(console)
        pictures = data if quick else datasets.load("fashion")
        topics.append(category(server, pictures, queries, rounds, not quick, console))
        topics[-1].show(console)
    if output is not None:
        for path in report.write(output, "builds", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _building(server: Server, data: Dataset, console: Console) -> Topic:
    run = server.connection.execute
    statements = [
        str(row[0])
        for row in run("SELECT vecs.create_index_sql(%s, %s)", [data.name, data.measure])
    ]
    given = [one for one in statements if one.startswith("SET m")]
    [bare] = [one for one in statements if one.startswith("CREATE INDEX")]
    bare = bare.replace("CONCURRENTLY ", "")

    def build_bare(settings: list[str]) -> None:
        for statement in [*settings, bare]:
            run(statement.encode())

    def build_concurrently() -> None:
        for (statement,) in run(
            "SELECT vecs.create_index_sql(%s, %s)", [data.name, data.measure]
        ).fetchall():
            run(str(statement).encode())

    ways: dict[str, Callable[[], object]] = {
        "CREATE INDEX, PostgreSQL's defaults": lambda: build_bare(
            [
                "SET maintenance_work_mem = '64MB'",
                "SET max_parallel_maintenance_workers = 2",
            ]
        ),
        "CREATE INDEX, the same memory": lambda: build_bare(given),
        "create_index()": lambda: run(
            "SELECT vecs.create_index(%s, %s)", [data.name, data.measure]
        ),
        "create_index_sql(), others at work": build_concurrently,
    }
    seconds: dict[str, float] = {}
    busy: dict[str, Any] = {}
    for name, way in ways.items():
        console.print(f"Building: {name} ...", highlight=False)
        run("SELECT vecs.drop_index(%s)", [data.name])
        run("RESET ALL")
        if "others" in name:
            # Searches need an index meanwhile.
            run("SELECT vecs.create_index(%s, %s)", [data.name, data.measure])
            with _others(server.url, data, 3) as idle:
                time.sleep(3)
            with _others(server.url, data) as during:
                started = time.perf_counter()
                way()
                seconds[name] = time.perf_counter() - started
            busy = {"idle": idle, "during the build": during}
        else:
            started = time.perf_counter()
            way()
            seconds[name] = time.perf_counter() - started
    run("RESET ALL")
    p95 = {when: float(np.percentile(found["search"], 95)) * 1e3 for when, found in busy.items()}
    base, ours = seconds["CREATE INDEX, the same memory"], seconds["create_index()"]
    failed = sum(len(found["failed"]) for found in busy.values())
    rows = [[name, f"{took:.0f}", f"{took / base:.2f}"] for name, took in seconds.items()]
    rows += [
        [f"p95 of a search, {when}, ms", f"{found:.2f}", f"{found / p95['idle']:.2f}"]
        for when, found in p95.items()
    ]
    written = len(busy["during the build"]["write"])
    rows.append(["writes during the build, of which failed", f"{written:,}", f"{failed}"])
    return Topic(
        name="building",
        title=f"An index on {len(data.ids):,} glosses, built in several ways",
        columns=["", "seconds", "of the base"],
        rows=rows,
        targets=[
            Target("time of create_index(), of the bare statement's", 1.05, ours / base, True),
            Target(
                "time of the bare statement by PostgreSQL's defaults, of create_index()'s",
                2,
                seconds["CREATE INDEX, PostgreSQL's defaults"] / ours,
            ),
            Target(
                "p95 of a search during a concurrent build, of its idle one",
                3,
                p95["during the build"] / p95["idle"],
                at_most=True,
            ),
            Target("writes that failed during a concurrent build", 0, failed, at_most=True),
        ],
        figures={"seconds": seconds, "p95_ms": p95, "writes": written, "failed": failed},
    )


@contextmanager
def _others(url: str, data: Dataset, warm: int = 0) -> Iterator[dict[str, list[Any]]]:
    """Search, and replace rows, each on a connection, until the context is left; yield how long each took."""
    found: dict[str, list[Any]] = {"search": [], "write": [], "failed": []}
    ended = threading.Event()

    def work(what: str, call: Callable[[psycopg.Connection[Any], int], object]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            register_vector(connection)
            number = -warm
            while not ended.is_set():
                started = time.perf_counter()
                try:
                    call(connection, number)
                except psycopg.Error as error:
                    found["failed"].append(str(error))
                else:
                    if number >= 0:
                        found[what].append(time.perf_counter() - started)
                number += 1
                ended.wait(0.01)

    def search(connection: psycopg.Connection[Any], number: int) -> None:
        asked = data.queries[number % len(data.queries)]
        connection.execute(
            "SELECT id FROM vecs.query(%s, %s, 10, measure => %s)",
            [data.name, asked, data.measure],
        ).fetchall()

    def write(connection: psycopg.Connection[Any], number: int) -> None:
        at = number % len(data.ids)
        connection.execute(
            "SELECT vecs.upsert(%s, %s, %s, %s)",
            [data.name, data.ids[at], data.vectors[at], json.dumps(data.metadata[at])],
        )

    threads = [
        threading.Thread(target=work, args=["search", search]),
        threading.Thread(target=work, args=["write", write]),
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _partial(server: Server, data: Dataset, queries: int, rounds: int, console: Console) -> Topic:
    run = server.connection.execute
    run(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier("vecs", data.name)))
    rows, figures = [], {}
    for title, filters in _PARTS.items():
        positions = np.array([n for n, one in enumerate(data.metadata) if _matches(one, filters)])
        exact = Exact(data, queries, (10, 100), positions)
        before = {k: _measure(server.url, data, exact, k, filters, rounds)[0] for k in (10, 100)}
        console.print(f"Indexing {title}: {len(positions):,} rows ...", highlight=False)
        started = time.perf_counter()
        run(
            "SELECT vecs.create_index(%s, %s, filters => %s)",
            [data.name, data.measure, json.dumps(filters)],
        )
        seconds = time.perf_counter() - started
        [size] = [
            index["bytes"]
            for index in server.client.get_collection(data.name).describe()["vector_indexes"]
            if index.get("filters") == filters
        ]
        beside = None
        if filters == _TENANT:
            beside = _ALONE
            _copy(server, data, filters)
        found = {}
        for top_k in (10, 100):
            after, ratio = _measure(server.url, data, exact, top_k, filters, rounds, beside)
            found[top_k] = {**after, "before_ms": before[top_k]["p50_ms"], "ratio": ratio}
        figures[title] = {
            "rows": len(positions),
            "seconds": seconds,
            "bytes_a_row": size / max(len(positions), 1),
            "searches": found,
        }
        rows.append(
            [
                title,
                f"{len(positions):,}",
                f"{seconds:.1f}",
                f"{size / max(len(positions), 1):,.0f}",
                *(
                    text
                    for top_k in (10, 100)
                    for text in (
                        f"{found[top_k]['before_ms']:.2f}",
                        f"{found[top_k]['p50_ms']:.2f}",
                        f"{found[top_k]['recall']:.3f}",
                    )
                ),
            ]
        )
    tenant = figures["a fifth, at random"]["searches"]
    others = [figures[title]["searches"] for title in _PARTS if title != "a fifth, at random"]
    targets = [
        Target(
            "time of a search in the tenant, of one in a collection of its own, k = 10",
            1.2,
            tenant[10]["ratio"],
            at_most=True,
        ),
        Target("recall of a search in the tenant, k = 10", 0.97, tenant[10]["recall"]),
        Target(
            "slowest of the others, k = 10, ms",
            2,
            max(one[10]["p50_ms"] for one in others),
            at_most=True,
        ),
        Target(
            "slowest of the others, k = 100, ms",
            4,
            max(one[100]["p50_ms"] for one in others),
            at_most=True,
        ),
        Target("lowest recall, k = 10", 0.97, min(one[10]["recall"] for one in [tenant, *others])),
    ]
    return Topic(
        name="partial",
        title="Searches with a filter, without and with a partial index for it",
        columns=[
            "rows that match",
            "number",
            "build, s",
            "bytes a row",
            *(
                f"k = {top_k}: {what}"
                for top_k in (10, 100)
                for what in ("p50 without, ms", "p50, ms", "recall")
            ),
        ],
        rows=rows,
        targets=targets,
        figures=figures,
    )


def _matches(metadata: dict[str, Any], filters: dict[str, Any]) -> bool:
    return all(
        metadata.get(key) in wanted["$in"]
        if isinstance(wanted, dict)
        else metadata.get(key) == wanted
        for key, wanted in filters.items()
    )


def _copy(server: Server, data: Dataset, filters: dict[str, Any]) -> None:
    """Make a collection of the rows that match, with an index of its own."""
    server.client.create_collection(_ALONE, dimension=data.vectors.shape[1])
    both = {"copy": sql.Identifier("vecs", _ALONE), "all": sql.Identifier("vecs", data.name)}
    run = server.connection.execute
    run(
        sql.SQL(
            "INSERT INTO {copy} SELECT * FROM {all} AS t WHERE vecs.matches(t.metadata, %s)"
        ).format(**both),
        [json.dumps(filters)],
    )
    run("SELECT vecs.create_index(%s, %s)", [_ALONE, data.measure])
    run(sql.SQL("VACUUM (ANALYZE) {copy}").format(**both))


def _measure(
    url: str,
    data: Dataset,
    exact: Exact,
    top_k: int,
    filters: dict[str, Any],
    rounds: int,
    beside: str | None = None,
) -> tuple[dict[str, float], float | None]:
    """Return the recall and p50 of searches with a filter, and their time in times of those of another collection."""
    position = {id_: number for number, id_ in enumerate(data.ids)}
    queries = len(exact.queries)
    numbers = range(min(queries, 50))
    with psycopg.connect(url, autocommit=True) as connection:
        register_vector(connection)

        def sender(name: str, document: dict[str, Any]) -> Callable[[int], list[str]]:
            cursor = connection.cursor(binary=True)
            statement = "SELECT id FROM vecs.query(%s, %s, %s, %s, %s, false)"
            text = json.dumps(document)

            def send(number: int) -> list[str]:
                asked = [name, data.queries[number], top_k, text, data.measure]
                return [row[0] for row in cursor.execute(statement, asked, prepare=True).fetchall()]

            return send

        def turn(send: Callable[[int], list[str]]) -> Callable[[int], Turn]:
            return lambda _: each(send, numbers)

        mine = sender(data.name, filters)
        recalls = [
            exact.recall(number, top_k, [position[id_] for id_ in mine(number)])
            for number in range(queries)
        ]
        senders = {"mine": turn(mine)}
        if beside is not None:
            senders["its"] = turn(sender(beside, {}))
        turns = alternate(senders, rounds)
    found = {"recall": float(np.mean(recalls)), "p50_ms": median_wall(turns["mine"]) * 1e3}
    return found, time_ratio(turns["mine"], turns["its"]) if beside is not None else None
