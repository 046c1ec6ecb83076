"""How good searches for words, for meaning and for both are: python -m bench judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from rich.console import Console

from bench import options, report, stage
from bench.judged import peers, scores, sets, systems
from bench.judged.scores import Figures, Interval
from bench.judged.sets import Judged
from bench.judged.systems import EXACT, RELATIVE, RRF, RRF_EXACT, VECTOR, WORDS
from bench.report import Target, Topic
from bench.stage import Server
from vecs_sql._layer import registries

_RESULTS = Path(__file__).parents[1] / "results"
_TITLES = {
    "glosses": "glosses without their example sentences",
    "faq": "answers in English",
    "faq_swedish": "answers in Swedish",
}
# Tried beside those of sql/costs.toml.
_BM25 = ((0.3, 0.4), (0.6, 0.4), (0.9, 0.4), (1.2, 0.4), (0.6, 0.2), (0.6, 0.75), (1.2, 0.75))
_RRF = (1, 2, 3, 5, 10, 60)
# Rows of each search that are combined.
_CANDIDATES = 20
# Candidates of a search by the index, beside the default.
_LISTS = (100, 200, 400)
_WEIGHTS = ("2,1", "1.5,1", "1,1", "1,1.05", "1,1.5")
_COMBINED = (10, 50, 100)


@click.command("judged")
@click.option(
    "--peers/--no-peers",
    "with_peers",
    default=True,
    help="Search with LanceDB and Qdrant, too (installs them in .scratch).",
)
@options.quick
@options.output("judged", "bench/results, with --quick none")
def command(with_peers: bool, quick: bool, output: Path | None) -> None:
    """Search judged texts by their words, by their vectors, and by both.

    Measures the rank of the first right answer (MRR), how many of the right answers are found (recall), and both
    together (nDCG), among ten rows. The constants of BM25 and of the fusion of ranks are varied, too.
    """
    console = report.console()
    if output is None and not quick:
        output = _RESULTS
    judged = [sets.few_glosses(500, 40)] if quick else [make() for make in sets.SETS.values()]
    with stage.server() as server:
        counts = {one.name: f"{len(one.ids)} texts, {len(one.queries)} queries" for one in judged}
        facts = stage.facts(server.connection, {"sets": counts})
        measured = {one.name: _search(server, one, with_peers, facts, console) for one in judged}
        topics = [_systems(one, measured[one.name]) for one in judged]
        topics += [_kinds(one, measured[one.name]) for one in judged if len(one.kinds) > 1]
        topics += [
            _targets(judged, measured),
            _lists(server, judged[0]),
            _weights(server, judged),
            _constants(server, judged, _BM25[-1:] if quick else _BM25),
        ]
    for topic in topics:
        topic.show(console)
    if output is not None:
        for path in report.write(output, "judged", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _search(
    server: Server, judged: Judged, with_peers: bool, facts: dict[str, Any], console: Console
) -> dict[str, Figures]:
    """Return the measures of each system's answers, a row for each query."""
    console.print(f"Loading {judged.name} and building its indexes ...")
    systems.load(server, judged)
    with psycopg.connect(server.url, autocommit=True) as connection:
        register_vector(connection)
        answers = {
            name: systems.answers(search, judged)
            for name, search in systems.searches(connection, judged).items()
        }
    if with_peers:
        stop_words = systems.stop_words(server.connection, judged.language)
        others, versions = peers.ask(judged, stop_words, console)
        answers |= others
        facts["versions"] |= versions
    return {name: scores.scores(found, judged.queries) for name, found in answers.items()}


def _systems(judged: Judged, measured: Mapping[str, Figures]) -> Topic:
    rows, figures = [], {}
    for name, found in measured.items():
        intervals = scores.intervals(found, judged.queries)
        (below, *_) = scores.intervals(measured[RRF] - found, judged.queries)
        rows.append([name, *map(str, intervals), "" if name == RRF else _signed(below)])
        figures[name] = {
            **{measure: vars(one) for measure, one in zip(scores.MEASURES, intervals, strict=True)},
            "MRR below hybrid_query": vars(below),
            "kinds": {
                kind: dict(zip(scores.MEASURES, map(float, means), strict=True))
                for kind, means in scores.by_kind(found, judged.queries).items()
            },
        }
    number = f"{len(judged.ids):,} {_TITLES[judged.name]}"
    return Topic(
        name=judged.name,
        title=f"{number}: {len(judged.queries)} queries",
        columns=["", *scores.MEASURES, f"MRR of {RRF}, less its own"],
        rows=rows,
        figures=figures,
        brief=False,
    )


def _kinds(judged: Judged, measured: Mapping[str, Figures]) -> Topic:
    kinds = {
        name: scores.by_kind(found, judged.queries).values() for name, found in measured.items()
    }
    return Topic(
        name=f"{judged.name} by kind",
        title=f"MRR@10 / recall@10 by kind of query, {judged.name}",
        columns=["", *judged.kinds],
        rows=[
            [name, *(f"{means[0]:.3f} / {means[1]:.3f}" for means in found)]
            for name, found in kinds.items()
        ],
    )


def _targets(judged: list[Judged], measured: Mapping[str, Mapping[str, Figures]]) -> Topic:
    def mrr(one: Judged, name: str) -> float:
        return float(scores.intervals(measured[one.name][name], one.queries)[0].value)

    means = {
        name: float(np.mean([mrr(one, name) for one in judged]))
        for name in (VECTOR, WORDS, RRF, RELATIVE)
    }
    glosses = judged[0]
    described = {
        name: float(scores.by_kind(measured[glosses.name][name], glosses.queries)["describe"][0])
        for name in (VECTOR, RRF)
    }
    gained = {name: mrr(glosses, RRF) - mrr(glosses, name) for name in (VECTOR, EXACT)}
    return Topic(
        name="means",
        title="MRR@10, the mean of the sets",
        columns=["", *(one.name for one in judged), "mean"],
        rows=[
            [name, *(f"{mrr(one, name):.3f}" for one in judged), f"{mean:.3f}"]
            for name, mean in means.items()
        ],
        targets=[
            *(
                Target(f"MRR of hybrid_query less that of {name}, glosses", 0.12, more)
                for name, more in gained.items()
            ),
            Target(
                "MRR of hybrid_query less that of the better of its legs, mean of the sets",
                0,
                means[RRF] - max(means[VECTOR], means[WORDS]),
            ),
            Target(
                "MRR of hybrid_query less that of query, descriptions",
                -0.03,
                described[RRF] - described[VECTOR],
            ),
        ],
        figures={"means": means, "descriptions": described},
    )


def _lists(server: Server, judged: Judged) -> Topic:
    """Measure what the index misses: names and single words have vectors that lie apart from those of the rows."""
    ways = {"default": {name: systems.STATEMENTS[name] for name in (VECTOR, RRF)}}
    ways |= {f"ef_search = {size}": systems.with_list(size) for size in _LISTS}
    ways["exact"] = {
        VECTOR: systems.STATEMENTS[EXACT],
        RRF: systems.STATEMENTS[RRF_EXACT],
    }
    with psycopg.connect(server.url, autocommit=True) as connection:
        register_vector(connection)
        found = {
            way: {
                name: systems.answers(search, judged)
                for name, search in systems.searches(
                    connection, judged, scores.TOP_K, statements
                ).items()
            }
            for way, statements in ways.items()
        }
    exact = [frozenset(ids) for ids in found["exact"][VECTOR]]
    of_exact = {
        way: scores.by_kind(
            np.array(
                [
                    [len(ids.intersection(mine)) / len(ids)]
                    for ids, mine in zip(exact, answers[VECTOR], strict=True)
                ]
            ),
            judged.queries,
        )
        for way, answers in found.items()
    }
    return Topic(
        name="lists",
        title="The index with queries that are unlike the rows, glosses",
        columns=[
            "",
            *(f"of the ten nearest, {kind}" for kind in judged.kinds),
            "MRR@10 of query",
            "MRR@10 of hybrid_query",
        ],
        rows=[
            [
                way,
                *(f"{share[0]:.3f}" for share in of_exact[way].values()),
                *(f"{_mrr(found[way][name], judged):.3f}" for name in (VECTOR, RRF)),
            ]
            for way in ways
        ],
        figures={
            way: {
                "of the ten nearest": {
                    kind: float(share[0]) for kind, share in of_exact[way].items()
                },
                "MRR": {name: _mrr(found[way][name], judged) for name in (VECTOR, RRF)},
            }
            for way in ways
        },
        brief=False,
    )


def _weights(server: Server, judged: list[Judged]) -> Topic:
    """Measure what other arguments of hybrid_query() would give."""
    arguments = {
        f"{fusion}, weights {weights}": f"fusion => '{fusion}', weights => '{{{{{weights}}}}}'"
        for fusion in ("rrf", "relative")
        for weights in _WEIGHTS
    }
    arguments |= {f"rrf, candidates {count}": f"candidates => {count}" for count in _COMBINED}
    statements = {
        what: f"{systems.STATEMENTS[RRF].removesuffix(')')}, {more})"
        for what, more in arguments.items()
    }
    found: dict[str, dict[str, float]] = {what: {} for what in statements}
    for one in judged:
        with psycopg.connect(server.url, autocommit=True) as connection:
            register_vector(connection)
            searches = systems.searches(connection, one, scores.TOP_K, statements)
            for what, search in searches.items():
                answers = systems.answers(search, one)
                found[what][one.name] = _mrr(answers, one)
                if "describe" in one.kinds:
                    measured = scores.scores(answers, one.queries)
                    described = scores.by_kind(measured, one.queries)["describe"]
                    found[what]["descriptions"] = float(described[0])
    return Topic(
        name="weights",
        title="MRR@10 of hybrid_query with other arguments",
        columns=["", *next(iter(found.values()))],
        rows=[[what, *(f"{mrr:.3f}" for mrr in of.values())] for what, of in found.items()],
        figures={"MRR": found},
    )


def _constants(server: Server, judged: list[Judged], bm25: Sequence[tuple[float, float]]) -> Topic:
    """Measure what other constants of BM25 and of the fusion of ranks would give."""
    costs = registries.costs()
    chosen = (costs["bm25_k1"], costs["bm25_b"])
    found: dict[str, dict[str, float]] = {}
    for one in judged:
        with psycopg.connect(server.url, autocommit=True) as connection:
            register_vector(connection)
            legs = systems.searches(connection, one, _CANDIDATES)
            by_vector = systems.answers(legs[VECTOR], one)
            by_words = systems.answers(legs[WORDS], one)
        for constant in _RRF:
            both = [
                systems.fused(*pair, constant, _distances(one, number, *pair))
                for number, pair in enumerate(zip(by_vector, by_words, strict=True))
            ]
            found.setdefault(f"fusion of ranks with {constant}", {})[one.name] = _mrr(both, one)
    for k1, b in dict.fromkeys((chosen, *bm25)):
        systems.set_bm25(server.connection, k1, b)
        for one in judged:
            # Prepared anew: a session keeps the functions that it has compiled.
            with psycopg.connect(server.url, autocommit=True) as connection:
                register_vector(connection)
                words = systems.answers(systems.searches(connection, one)[WORDS], one)
            found.setdefault(f"BM25 with k1 = {k1:g}, b = {b:g}", {})[one.name] = _mrr(words, one)
    systems.set_bm25(server.connection, *chosen)
    return Topic(
        name="constants",
        title="MRR@10 with other constants",
        columns=["", *(one.name for one in judged), "mean"],
        rows=[
            [what, *(f"{one:.3f}" for one in mrr.values()), f"{np.mean(list(mrr.values())):.3f}"]
            for what, mrr in found.items()
        ],
        figures={"chosen": {"bm25": chosen, "rrf": costs["rrf_k"]}, "MRR": found},
    )


def _distances(judged: Judged, number: int, *answers: Sequence[str]) -> dict[str, float]:
    """Return how far the rows of some answers are from a query."""
    places = judged.places
    ids = sorted(frozenset[str]().union(*answers))
    vectors = judged.vectors[[places[id_] for id_ in ids]].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    products = vectors @ judged.asked[number].astype(np.float64) / lengths
    return dict(zip(ids, map(float, -products), strict=True))


def _mrr(answers: systems.Answers, judged: Judged) -> float:
    figures = scores.scores(answers, judged.queries)
    return float(scores.intervals(figures, judged.queries)[0].value)


def _signed(interval: Interval) -> str:
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"
