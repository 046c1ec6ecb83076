"""The logger vecs_sql: calls with their times, and what happens to connections; never a value."""

from __future__ import annotations

import logging
import re

import pytest

import vecs_sql as vecs


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "vecs_sql" and record.levelno == level
    ]


def test_calls(client: vecs.Client, name: str, caplog: pytest.LogCaptureFixture) -> None:
    docs = client.get_or_create_collection(name, dimension=2)
    docs.upsert([("the-id", [1, 2], {"secret": "hidden"})])
    with caplog.at_level(logging.DEBUG, "vecs_sql"):
        docs.query([1, 2], 1, {"secret": "hidden"}, include_metadata=True)
    [message] = messages(caplog, logging.DEBUG)
    assert re.fullmatch(r"vecs\.query: 1 rows, \d+\.\d ms", message)
    assert "hidden" not in caplog.text
    assert "the-id" not in caplog.text


def test_nothing_is_logged_by_default(
    client: vecs.Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.get_or_create_collection(name, dimension=2).query([1, 2])
    assert caplog.records == []


def test_installing(empty_database: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "vecs_sql"), vecs.create_client(empty_database):
        pass
    assert messages(caplog, logging.INFO) == ["the SQL layer is installed"]


def test_a_database_that_was_replaced(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with vecs.create_client(database) as client:
        docs = client.get_or_create_collection("docs", dimension=2)
        with client.session.transaction(None) as connection:
            connection.execute("DROP SCHEMA vecs CASCADE")
        with caplog.at_level(logging.INFO, "vecs_sql"):
            client.get_or_create_collection("docs", dimension=2)
    assert messages(caplog, logging.INFO) == [
        "the SQL layer is installed",
        "reconnected after SQLSTATE 3F000: the database has changed",
    ]
    assert docs.name == "docs"
