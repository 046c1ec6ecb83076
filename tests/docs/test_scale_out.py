"""docs/scale-out.md and the cluster of docker-compose.yml.

CI has no Citus, so there the statements that need it are checked as text, and the others run. With VECS_SQL_TEST_URL,
the URL of a database without collections on a coordinator, and VECS_SQL_TEST_SHARDS, all run on that cluster.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import yaml

from tests.docs.test_readme import ROOT
from vecs_sql._sync import installer as layer

PAGE = (ROOT / "docs" / "scale-out.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
CLUSTER = {name: service for name, service in COMPOSE["services"].items() if "profiles" in service}
SHARDS = bool(os.environ.get("VECS_SQL_TEST_SHARDS"))
# Names that stand for the reader's own.
OWN = (".example", "mydb")

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def session(database: str) -> Iterator[Connection]:
    """A session on the server of the tests, or on the cluster, where what the page creates is dropped."""
    url = os.environ["VECS_SQL_TEST_URL"] if SHARDS else database
    with psycopg.connect(url, autocommit=True) as connection:
        layer.install(connection)
        try:
            yield connection
        finally:
            connection.rollback()
            for name in ("articles", "notes", "messages"):
                connection.execute("SELECT vecs.drop_collection(%s, true)", (name,))
            connection.execute("DROP TABLE IF EXISTS messages")
            connection.execute("DROP FUNCTION IF EXISTS public.pass_claims()")


def _statements(block: str) -> list[str]:
    """The statements of a block; the body of a function is not cut."""
    return re.findall(r"\s*((?:\$\$.*?\$\$|[^;$])+);", block, re.DOTALL)


def _runs_here(statement: str) -> bool:
    needs_citus = re.search(
        r"shards =>|citus_\w+\(|create_distributed_table|'distribution'", statement
    )
    return not any(name in statement for name in OWN) and (SHARDS or not needs_citus)


def test_the_statements_run(session: Connection) -> None:
    run = [one for block in BLOCKS for one in _statements(block) if _runs_here(one)]
    for one in run:
        session.execute(one.encode())
    assert len(run) >= (17 if SHARDS else 10)

    with session.transaction():
        session.execute("""SELECT set_config('request.jwt.claims', '{"tenant": "it''s"}', true)""")
        session.execute("SELECT public.pass_claims()")
        assert session.execute("SELECT current_setting('app.tenant')").fetchone() == ("it's",)


def test_the_functions_and_their_parameters_exist(session: Connection) -> None:
    found = session.execute(
        "SELECT p.proname, array_agg(DISTINCT a.name) FROM pg_proc AS p, unnest(p.proargnames) AS a (name)"
        " WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname NOT LIKE '\\_%' GROUP BY 1"
    ).fetchall()
    parameters = {name: set(names) for name, names in found}
    text = "\n".join(BLOCKS)
    calls = re.findall(r"vecs\.(\w+)\(((?:'[^']*'|[^()'])*)\)", text)
    assert len(calls) == text.count("vecs.") > 8
    for name, arguments in calls:
        assert set(re.findall(r"(\w+) =>", arguments)) <= parameters[name], name


def test_shards_are_an_error_without_citus(database: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("SELECT vecs.create_collection('articles', 3, shards => 2)")
    assert caught.value.sqlstate == "VS008"
    assert "VS008" in PAGE


def test_a_row_costs_what_the_page_says(database: str) -> None:
    """The first table, at 384 dimensions."""
    [row] = re.findall(r"^\| 384 \| ([^|]*)\| [^|]*\| ([^|]*)\| ([^|]*)\|", PAGE, re.MULTILINE)
    said = [int(cell.replace(",", "")) for cell in row]
    rows = 2000
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('sizes', 384)")
        connection.execute(
            "INSERT INTO vecs.sizes (id, vec) SELECT 'doc-' || lpad(n::text, 8, '0'),"
            " (SELECT array_agg(random() - 0.5) FROM generate_series(1, 384) WHERE n > 0)::vector"
            " FROM generate_series(1, %s) AS n",
            (rows,),
        )
        found = [connection.execute("SELECT pg_table_size('vecs.sizes')").fetchone()]
        for precision in ("full", "half"):
            arguments = json.dumps({"precision": precision})
            found.append(
                connection.execute(
                    "SELECT pg_relation_size(('vecs.' || quote_ident("
                    "vecs.create_index('sizes', arguments => %s::text::jsonb)))::regclass)",
                    (arguments,),
                ).fetchone()
            )
    assert [size[0] / rows for size in found if size] == pytest.approx(said, rel=0.02)


def test_the_estimate_follows_from_the_first_table() -> None:
    """Gigabytes of an index, and workers with 128 GB for it."""
    cells = re.findall(r"^\| (768|1,536) \|(.*)\|$", PAGE, re.MULTILINE)
    bytes_a_row = {
        dimensions: [int(cell.replace(",", "")) for cell in rest.split("|")]
        for dimensions, rest in cells
    }
    found = re.findall(
        r"^\| (100 million|1 billion), ([\d,]+) \| GB \|(.*)\|\n\| \| workers \|(.*)\|$",
        PAGE,
        re.MULTILINE,
    )
    assert len(found) == 4
    for rows, dimensions, gigabytes, workers in found:
        billions = {"100 million": 0.1, "1 billion": 1}[rows]
        vector, halfvec, *indexes = bytes_a_row[dimensions]
        wanted = [*indexes, vector + 70, halfvec + 70]
        said = [int(cell.replace(",", "")) for cell in gigabytes.split("|")]
        assert said == [round(one * billions) for one in wanted]
        said = [int(cell) for cell in workers.split("|") if cell.strip()]
        assert said == [-int(-one * billions // 128) for one in indexes]


def test_the_cluster_has_a_coordinator_and_its_workers() -> None:
    assert {name: service["profiles"] for name, service in CLUSTER.items()} == {
        name: ["cluster"] for name in ("coordinator", "worker-1", "worker-2")
    }
    waits = CLUSTER["coordinator"]["depends_on"]
    assert waits == {
        name: {"condition": "service_healthy"} for name in CLUSTER if name != "coordinator"
    }
    for service in CLUSTER.values():
        assert service["healthcheck"]["test"][0] == "CMD-SHELL"
        # Not by the socket, on which the server listens while it runs the scripts below.
        assert "--host 127.0.0.1" in service["healthcheck"]["test"][1]
        assert "wal_level=logical" in service["command"]


def test_the_cluster_builds_on_citus_with_pgvector() -> None:
    [recipe] = {service["build"]["dockerfile_inline"] for service in CLUSTER.values()}
    first, rest = recipe.split("\n", 1)
    assert re.fullmatch(r"FROM citusdata/citus:(\d+)\.(\d+)\.(\d+)", first)
    assert '"postgresql-$$PG_MAJOR-pgvector"' in rest
    # Every other $ would be Compose's.
    assert "$" not in recipe.replace("$$", "")
    version = ".".join(first.split(":")[1].split(".")[:2])
    assert f"Citus {version} on PostgreSQL 18" in PAGE


def test_the_nodes_join() -> None:
    scripts = {name: config["content"] for name, config in COMPOSE["configs"].items()}
    used = {}
    for name, service in CLUSTER.items():
        [config] = service["configs"]
        assert re.fullmatch(r"/docker-entrypoint-initdb\.d/010-[\w-]+\.sql", config["target"])
        used[name] = scripts[config["source"]]
    assert set(used.values()) == set(scripts.values())
    joined = re.findall(
        r"^SELECT citus_add_node\('([^']+)', 5432\);$", used["coordinator"], re.MULTILINE
    )
    assert set(joined) == set(CLUSTER) - {"coordinator"}
    assert "SELECT citus_set_coordinator_host('coordinator', 5432);" in used["coordinator"]
    for script in used.values():
        assert script.splitlines()[0] == "CREATE EXTENSION vector;"


def test_nothing_of_the_cluster_is_open() -> None:
    """Passwords are required, and only the coordinator listens, for this machine."""
    volumes = []
    for name, service in COMPOSE["services"].items():
        for variable in ("POSTGRES_PASSWORD", *(["PGPASSWORD"] if name in CLUSTER else [])):
            assert service["environment"][variable] == "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"
        assert "POSTGRES_HOST_AUTH_METHOD" not in service["environment"]
        ports = service.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in ports)
        assert bool(ports) == (not name.startswith("worker"))
        volumes += [volume.split(":")[0] for volume in service["volumes"]]
    assert sorted(volumes) == sorted(COMPOSE["volumes"])
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert len(ports) == len(set(ports))


def test_the_page_starts_what_there_is() -> None:
    [block] = re.findall(r"^```sh\n(.*docker compose.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    first, second = block.splitlines()
    assert first.startswith("POSTGRES_PASSWORD=")
    assert first.endswith("docker compose --profile cluster up --detach --wait coordinator")
    port = re.search(r":-(\d+)}:5432", CLUSTER["coordinator"]["ports"][0])
    assert port
    assert f"@localhost:{port[1]}/" in second
