"""plpgsql_check, which plans every statement of a function without running it, finds nothing but what is listed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import servers
from vecs_sql._sync import installer as layer

# What is found, and why that is right: words that a finding begins with, and the functions ("*": any).
EXPLAINED = {
    # What Citus brings.
    'relation "pg_catalog.pg_dist_object" does not exist': {"_share_functions"},
    "function create_distributed_function(regprocedure) does not exist": {"_share_functions"},
    # Dynamic SQL: what it gives is not known, so what is filled from it seems unassigned. Tests run each of them.
    "cannot determinate a result of dynamic SQL": {"*"},
    'record "v_fault" is not assigned yet': {"*"},
    "OUT variable": {"*"},
    # A literal as the first value of a variable of another type is read by the type's input function.
    "target type is different type than source type": {"*"},
    # Read by nobody: an assignment calls a function without a line of context, which PERFORM would add.
    'never read variable "v_setting"': {"query"},
    # What a database with Citus has.
    'relation "pg_catalog.pg_dist_': {
        "_advise_shards",
        "_builds_at_once",
        "_check_coordinator",
        "_check_local_execution",
        "_distribution_column",
        "_shard_count",
        "_share_functions",
    },
    'relation "pg_dist_': {"_describe_shards"},
    "function run_command_on_": {"_progress_on_shards", "_statistics_on_shards"},
    "function create_distributed_table(": {"_distribute_table"},
    "function truncate_local_data_after_distributing_table(": {"_distribute_table"},
    "function alter_distributed_table(": {"_distribute_table"},
    "function undistribute_table(": {"_distribute_table"},
    # Text that is executed: made by a function of ours from quoted names and values. Functions that take it have no
    # named parameters, so that no gateway passes it.
    "text type variable is not sanitized": {
        "_find_unreadable_record",
        "_finish_index",
        "_update_adopted_rows",
        "_write_adopted_batch",
        "_write_adopted_rows",
        "_add_text_column",
        "_create_view",
        "_fuzzy_rows",
        "_text_keys",
        "drop_text_index",
        "delete",
        "drop_collection",
        "truncate_collection",
        "tune",
        "_advise_metadata",
        "_binary_recall",
        "_build_estimate",
        "_half_recall",
        "_sampled_values",
        "advise",
        "_build_index",
        "_candidate_costs",
        "_copy_privileges",
        "_count_lost_searches",
        "_explain_step",
        "_farther_recall",
        "_lock_collection",
        "_reembed_create",
        "_reembed_indexes",
        "_reembed_lock",
        "_reembed_page",
        "_reembed_publish",
        "_reembed_sync",
        "_hybrid_rows",
        "_sampled_matches",
        "_estimate_on_shards",
        "_sampled_on_shards",
        "_nearest_on_shards",
        "_update_on_shards",
        "_swap_settings_on_shards",
        "_search_candidates",
        "_search_nearest",
        "_binary_recall_on_shards",
        "_distances_on_shards",
        "_lost_on_shards",
        "_vectors_on_shards",
        "_claim_on_shards",
        "_explain_shards",
        "_words_on_shards",
        "_text_rows",
        "_text_search",
        "_text_terms",
        "create_text_index",
        "facet",
        "claim_missing",
        "count_rows",
        "create_collection",
        "fetch",
        "matches",
        "query",
        "recall",
        "scan",
    },
}

FINDINGS = """
    SELECT p.proname, f.lineno, f.level, f.message
    FROM pg_proc AS p
    JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'plpgsql',
    plpgsql_check_function_tb(
        p.oid, fatal_errors => false, performance_warnings => false, security_warnings => true
    ) AS f
    WHERE p.pronamespace = 'vecs'::regnamespace
    ORDER BY p.proname, f.lineno
"""


@pytest.fixture(scope="module")
def checking() -> Iterator[psycopg.Connection[Any]]:
    """A connection to a server that has plpgsql_check, with the layer."""
    if not shutil.which("apt-get"):
        assert not os.environ.get("CI"), "CI has apt-get"
        pytest.skip("plpgsql_check comes from Debian's packages, and there is no apt-get")
    with servers.run(servers.WITH_PLPGSQL_CHECK) as url, psycopg.connect(url) as connection:
        layer.install(connection)
        connection.execute("CREATE EXTENSION plpgsql_check")
        yield connection


def test_plpgsql_check(checking: psycopg.Connection[Any]) -> None:
    found = checking.execute(FINDINGS).fetchall()
    assert found
    unexplained = [
        (function, line, level, message)
        for function, line, level, message in found
        if not any(
            message.startswith(words) and functions & {"*", function}
            for words, functions in EXPLAINED.items()
        )
    ]
    assert unexplained == [], "\n".join(map(str, unexplained))


def test_plpgsql_check_sees(checking: psycopg.Connection[Any]) -> None:
    """A column that does not exist, and text of a caller's that is executed."""
    checking.execute(
        """
        CREATE FUNCTION vecs._wrong(statement text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM c.nothing FROM pg_class AS c;
            EXECUTE statement;
        END
        $$
        """
    )
    found = [message for name, _, _, message in checking.execute(FINDINGS) if name == "_wrong"]
    assert found == ["column c.nothing does not exist", "text type variable is not sanitized"]
    checking.rollback()
