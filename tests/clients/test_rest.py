"""docs/rest.md: its grants, its policy and its program, with calls in the way of PostgREST."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients import languages
from tests.clients.rest import run
from tests.conftest import Connection, Databases

_PAGE = (languages.ROOT / "docs" / "rest.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The one block of that kind of the page."""
    [found] = re.findall(rf"^```{kind}\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def roles(databases: Databases) -> None:
    """The roles of PostgREST: the one that connects may become the others."""
    with databases.admin() as connection:
        connection.execute("CREATE ROLE anon")
        connection.execute("CREATE ROLE authenticated")
        connection.execute("CREATE ROLE authenticator LOGIN NOINHERIT")
        connection.execute("GRANT anon, authenticated TO authenticator")


@pytest.fixture
def prepared(roles: None, database: str) -> str:
    """A database as the page prepares it."""
    with psycopg.connect(database) as connection:
        connection.execute(block("sql").encode())
    return database


class Api:
    """Calls as a role, with a token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._functions = run.functions(connection)

    def __call__(self, role: str, tenant: str | None, function: str, **body: Any) -> Any:  # noqa: ANN401
        claims = {"role": role, **({} if tenant is None else {"tenant": tenant})}
        step = {"call": function, "with": body}
        return run.execute(self._connection, self._functions, step, role, claims)


@pytest.fixture
def api(prepared: str, databases: Databases) -> Iterator[Api]:
    with psycopg.connect(
        databases.as_role(prepared, "authenticator"), autocommit=True
    ) as connection:
        yield Api(connection)


def test_no_call_is_ambiguous(connection: Connection) -> None:
    """No body can mean two functions: one that has all that both ask for, and nothing that either does not take."""
    functions = [
        function for function in run.functions(connection) if "" not in function.parameters
    ]
    for one, other in combinations(functions, 2):
        if one.name == other.name:
            needed = {*one.parameters[: one.required], *other.parameters[: other.required]}
            assert not needed <= {*one.parameters} & {*other.parameters}, one.name


def test_a_form_whose_first_parameter_has_no_name_is_never_called(connection: Connection) -> None:
    """Beside a form with names it makes no call ambiguous, and PostgREST cannot spell a call of it."""
    for first, kind in (
        ("collection text", "real"),
        ("information_schema.character_data", "float"),
    ):
        connection.execute(
            f"""
            CREATE FUNCTION vecs.one({first}, numbers {kind}[], top_k bigint DEFAULT 10)
            RETURNS text LANGUAGE sql AS $$ SELECT pg_typeof(numbers) $$;

            CREATE FUNCTION vecs.many({first}, numbers {kind}[], top_k bigint DEFAULT 10)
            RETURNS TABLE (kind text, number real) LANGUAGE sql AS $$ SELECT pg_typeof(numbers), 1 $$;
            """.encode()
        )
    functions = run.functions(connection)
    for name, rows in (("one", ["real[]"]), ("many", [{"kind": "real[]", "number": 1}])):
        assert len([function for function in functions if function.name == name]) == 2
        for body in (
            {"collection": "docs", "numbers": [1]},
            {"collection": "docs", "numbers": [1], "top_k": 3},
        ):
            outcome = run.execute(connection, functions, {"call": name, "with": body})
            assert outcome == {"rows": rows}
        for wrong, code in (
            ({"": "docs", "numbers": [1]}, "42601"),
            ({"numbers": [1]}, "PGRST202"),
        ):
            outcome = run.execute(connection, functions, {"call": name, "with": wrong})
            assert outcome["error"]["code"] == code


def test_no_function_takes_a_body_as_it_is(connection: Connection) -> None:
    """PostgREST would hand a text, JSON or bytes to the one parameter of a function, if it had no name."""
    assert [""] not in [function.parameters for function in run.functions(connection)]


def test_private_functions_that_run_sql_are_out_of_reach(api: Api) -> None:
    """PostgREST offers private functions, too; what has no name it cannot pass."""
    sql = "SELECT set_config('request.jwt.claims', '{}', true)"
    for name in ("_build_index", "_search_candidates", "_search_nearest", "_explain_step"):
        for body in (
            {"statement": sql, "query_vec": [1, 0, 0], "top_k": 0},
            {"": sql},
            {"$1": sql, "$2": [1, 0, 0], "$3": 0},
            {},
        ):
            assert "error" in api("authenticated", "acme", name, **body), (name, body)
    error = api(
        "authenticated", "acme", "_swap_settings", names=["role"], settings=["authenticator"]
    )
    assert error["error"]["code"] == "42501"


def test_tenants(api: Api) -> None:
    for tenant, count in (("acme", 3), ("globex", 200)):
        records = [
            {"id": f"{tenant}{n}", "vec": [1, n, 0], "metadata": {"tenant": tenant, "n": n}}
            for n in range(count)
        ]
        assert api("authenticated", tenant, "upsert", collection="documents", records=records) == {
            "rows": [count]
        }
    # Its own rows, and all of them, though those of the other are as near and many more.
    for strategy in ("auto", "exact"):
        found = api(
            "authenticated",
            "acme",
            "query",
            collection="documents",
            query_vec=[1, 0, 0],
            strategy=strategy,
        )
        assert [row["id"] for row in found["rows"]] == ["acme0", "acme1", "acme2"]
    assert api("authenticated", "globex", "count_rows", collection="documents") == {"rows": [200]}
    assert api("authenticated", None, "count_rows", collection="documents") == {"rows": [0]}
    # Nothing of the other can be read, changed or written.
    assert api("authenticated", "acme", "fetch", collection="documents", ids=["globex1"]) == {
        "rows": []
    }
    assert api("authenticated", "acme", "delete", collection="documents", ids=["globex1"]) == {
        "rows": []
    }
    assert api(
        "authenticated", "acme", "update_metadata", collection="documents", patch={"n": 0}, filters={"tenant": "globex"}
    ) == {"rows": [0]}  # fmt: skip
    for record in (
        {"id": "x", "vec": [1, 0, 0], "metadata": {"tenant": "globex"}},
        {"id": "globex1", "vec": [1, 0, 0], "metadata": {"tenant": "acme"}},
        {"id": "x", "vec": [1, 0, 0]},
    ):
        refused = api("authenticated", "acme", "upsert", collection="documents", records=[record])
        assert refused["error"]["code"] == "42501"
        assert "row-level security" in refused["error"]["message"]
    assert api(
        "authenticated", "globex", "count_rows", collection="documents", filters={"n": 0}
    ) == {"rows": [1]}


def test_json_that_is_sent_as_text(api: Api) -> None:
    """A text in a body is a JSON string: what was encoded before is encoded twice."""
    for function, body in (
        ("query", {"query_vec": [1, 0, 0], "filters": '{"year": 2024}'}),
        ("count_rows", {"filters": '{"year": 2024}'}),
        ("upsert", {"records": '[{"id": "a", "vec": [1, 0, 0]}]'}),
        ("upsert", {"id": "a", "vec": [1, 0, 0], "metadata": '{"tenant": "acme"}'}),
        ("update_metadata", {"patch": '{"year": 2024}', "ids": ["a"]}),
    ):
        error = api("authenticated", "acme", function, collection="documents", **body)["error"]
        assert error["code"] in ("VS001", "VS005")
        assert "twice" in error["hint"], function


def test_tenants_with_an_index(api: Api, prepared: str) -> None:
    with psycopg.connect(prepared) as connection:  # the owner is above the policy
        connection.execute(
            """
            SELECT vecs.upsert_many(
                'documents', array_agg(n::text), array_agg(CAST(format('[1,%s,%s]', n, n % 7) AS vector)),
                jsonb_agg(jsonb_build_object('tenant', CASE n % 100 WHEN 0 THEN 'acme' ELSE 'globex' END))
            )
            FROM generate_series(1, 2000) AS n
            """
        )
        connection.execute("SELECT vecs.create_index('documents')")
    for strategy in ("auto", "index"):
        found = api(
            "authenticated",
            "acme",
            "query",
            collection="documents",
            query_vec=[1, 0, 0],
            top_k=15,
            strategy=strategy,
        )
        assert len(found["rows"]) == 15
        assert all(int(row["id"]) % 100 == 0 for row in found["rows"])


def test_who_has_no_rights(api: Api) -> None:
    for function, body in (
        ("query", {"collection": "documents", "query_vec": [1, 0, 0]}),
        ("upsert", {"collection": "documents", "records": []}),
        ("version", {}),
    ):
        refused = api("anon", None, function, **body)["error"]
        assert refused["code"] == "42501"
        assert "permission denied for schema vecs" in refused["message"]
    refused = api("authenticated", "acme", "create_collection", name="mine", dimension=3)["error"]
    assert refused["code"] == "42501"
    refused = api("authenticated", "acme", "drop_collection", name="documents")["error"]
    assert refused["code"] == "42501"


class _Handler(http.server.BaseHTTPRequestHandler):
    """POST /rpc/<function>, answered by what PostgREST would call."""

    api: Api

    def do_POST(self) -> None:
        assert self.headers["Content-Profile"] == "vecs"
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.removeprefix("/rpc/")
        outcome = self.api("authenticated", "acme", name, **body)
        error = outcome.get("error")
        if error is not None:
            error["details"] = error.pop("detail", None)
        rows = outcome.get("rows")
        answer = error or (rows if name == "query" else rows[0])
        content = json.dumps(answer).encode()
        self.send_response(400 if error else 200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_program_of_the_page(api: Api, scratch: Path) -> None:
    languages.require("node")
    folder = scratch / "postgrest"
    folder.mkdir()
    (folder / "package.json").write_text(
        '{"private": true, "type": "module", "dependencies": {"@supabase/postgrest-js": "^2"}}'
    )
    (folder / "call.mjs").write_text(
        "import { PostgrestClient } from '@supabase/postgrest-js'\n"
        "const supabase = new PostgrestClient(process.env.API_URL)\n" + block("js")
    )
    command = languages.LANGUAGES["node"].build(folder, "call", scratch / "built")
    handler = type("Handler", (_Handler,), {"api": api})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = languages.run(command, API_URL=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert said.startswith("1 null\ncats 0.005 Cats purr\nVS005 unknown operator")
    assert said.splitlines()[-1].startswith('Did you mean "$gt"?')
