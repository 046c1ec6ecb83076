"""The conformance suite under other settings: none that a session, a role or a database may have changes an outcome.

Settings of the categories below that any user may change are all run with another value, but for those that say
something about the caller's wishes.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from tests.clients import conformance, languages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connection, Databases

# Together are those that touch different things; two that change how the same text is parsed or printed are apart.
TOGETHER = {
    "names, numbers and plans for all": {
        "quote_all_identifiers": "on",
        "extra_float_digits": "-6",  # still enough to compare
        "bytea_output": "escape",
        "xmlbinary": "hex",
        "xmloption": "document",
        "plan_cache_mode": "force_generic_plan",
    },
    "strings, dates and plans for each": {
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "datestyle": "German, DMY",
        "intervalstyle": "iso_8601",
        "timezone": "Pacific/Kiritimati",
        "plan_cache_mode": "force_custom_plan",
    },
    "comparisons, snapshots and checks": {
        "transform_null_equals": "on",
        "backslash_quote": "on",
        "default_transaction_isolation": "serializable",
        "default_transaction_deferrable": "on",
        "plpgsql.extra_errors": "all",
        "plpgsql.print_strict_params": "on",
    },
    "indexes and memory": {
        "gin_fuzzy_search_limit": "1",
        "gin_pending_list_limit": "64",
        "hnsw.ef_search": "1",
        "hnsw.iterative_scan": "strict_order",
        "hnsw.max_scan_tuples": "1",
        "work_mem": "64kB",
        "maintenance_work_mem": "1MB",
        "temp_buffers": "100",
    },
}
# And those of the planner, which change no text: first every method is turned off that can be, then all else has its
# least value, then all have their greatest. With neither methods nor costs a plan is chance, and may take long.
PLANNER = "Query Tuning / %"
CATEGORIES = (
    "Client Connection Defaults / Locale and Formatting",
    "Client Connection Defaults / Statement Behavior",
    "Version and Platform Compatibility / %",
    "Developer Options",
)
WISHES = {
    "array_nulls": "how the caller writes arrays",
    "check_function_bodies": "is about functions that are made",
    "client_connection_check_interval": "only when a lost client is noticed",
    "client_encoding": "latin1.json has it",
    "client_min_messages": "which notices the caller wants",
    "createrole_self_grant": "is about roles",
    "debug_copy_parse_plan_trees": "needs a build for it",
    "debug_discard_caches": "needs a build for it",
    "debug_raw_expression_coverage_test": "needs a build for it",
    "debug_write_read_parse_plan_trees": "needs a build for it",
    "default_table_access_method": "where new tables are kept",
    "default_tablespace": "where new tables are kept",
    "debug_logical_replication_streaming": "is about replication",
    "default_text_search_config": "nothing is asked of it",
    "default_toast_compression": "how new tables are kept",
    "default_transaction_read_only": "the caller wants no writes",
    "event_triggers": "only superusers change it",
    "icu_validation_level": "is about collations that are made",
    "idle_in_transaction_session_timeout": "the caller wants an end",
    "idle_session_timeout": "the caller wants an end",
    "jit_expressions": "is about jit, which a search turns off",
    "jit_tuple_deforming": "is about jit, which a search turns off",
    "lc_monetary": "money alone",
    "lc_numeric": "to_char() alone",
    "lc_time": "to_char() alone",
    "lo_compat_privileges": "large objects alone",
    "lock_timeout": "the caller wants an end",
    "restrict_nonsystem_relation_kind": "the caller wants no views",
    "row_security": "the caller wants an error instead of fewer rows",
    "search_path": "tests/sql/test_leaves_no_trace.py has it",
    "statement_timeout": "the caller wants an end",
    "synchronize_seqscans": "for large tables alone",
    "temp_tablespaces": "where temporary tables are kept",
    "timezone_abbreviations": "only superusers can add to them",
    "trace_notify": "is about the log",
    "trace_sort": "is about the log",
    "transaction_deferrable": "of one transaction",
    "transaction_isolation": "of one transaction",
    "transaction_read_only": "of one transaction",
    "transaction_timeout": "the caller wants an end",
    "vacuum_cost_delay": "vacuum alone",
}


def planner(connection: Connection) -> dict[str, dict[str, str]]:
    """The planner's settings, all at one end and all at the other; at the lower, methods by themselves."""
    ends: dict[str, dict[str, str]] = {"no method": {}, "least": {}, "greatest": {}}
    for name, kind, now, low, high, values in connection.execute(
        "SELECT name, vartype, setting, min_val, max_val, enumvals FROM pg_settings"
        " WHERE category LIKE %s AND context = 'user'",
        [PLANNER],
    ):
        if kind == "bool":
            low, high = "off", "on"
        elif kind == "enum":
            low, high = [value for value in values if value != now][:1] * 2
        ends["no method" if name.startswith("enable_") else "least"][name] = low
        ends["greatest"][name] = high
    return ends


def run(
    databases: Databases,
    template: str,
    scratch: Path,
    settings: dict[str, str],
    without: tuple[str, ...] = (),
) -> list[str]:
    """Run the conformance suite, without some files, under settings of the database; return its faults."""
    url = databases.create(template)
    with databases.admin() as admin:
        for name, value in settings.items():
            admin.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    sql.Identifier(databases.name(url)), sql.SQL(name), sql.Literal(value)
                )
            )
    files = [file for file in conformance.FILES if file.stem not in ("latin1", *without)]
    given = scratch / "steps.json"
    given.write_text(conformance.sent("python", files))
    program = [sys.executable, str(languages.HERE / "python" / "run.py")]
    said = languages.run([*program, url, str(given)], PGCLIENTENCODING="UTF8")
    databases.drop(url)
    outcomes = iter([json.loads(line) for line in said.splitlines()])
    faults: list[Any] = []
    for file in files:
        steps = conformance.run_by("python", file)
        faults += [conformance.fault(step, next(outcomes)) for step in steps]
        next(outcomes)
    return [fault for fault in faults if fault]


@pytest.mark.parametrize("which", TOGETHER)
def test_settings(databases: Databases, template: str, tmp_path: Path, which: str) -> None:
    assert run(databases, template, tmp_path, TOGETHER[which]) == []


@pytest.mark.parametrize("end", ["no method", "least", "greatest"])
def test_the_planner(
    databases: Databases, template: str, tmp_path: Path, connection: Connection, end: str
) -> None:
    assert run(databases, template, tmp_path, planner(connection)[end]) == []


def test_parallel_plans(databases: Databases, template: str, tmp_path: Path) -> None:
    """With parallel plans wherever possible, a search may keep another of two rows that tie."""
    settings = {"debug_parallel_query": "on"}
    assert run(databases, template, tmp_path, settings, ("3-search", "6-nulls")) == []


def test_no_setting_is_forgotten(connection: Connection) -> None:
    there = {
        name.lower()
        for (name,) in connection.execute(
            "SELECT name FROM pg_settings WHERE category LIKE ANY (%s) AND context = 'user'",
            [list(CATEGORIES)],
        )
    }
    run_here = {name for settings in TOGETHER.values() for name in settings} | {
        "debug_parallel_query"
    }
    assert there - run_here - WISHES.keys() == set()
