# Made of vecs_sql/_async/builds.py by tools/async_to_sync.py: change that, then run `make format`.
"""Building a vector index, in one transaction or without stopping writers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from vecs_sql import exc
from vecs_sql._deadline import Deadline
from vecs_sql._protocol import functions, metadata
from vecs_sql._protocol.notices import Notices
from vecs_sql._sync.connection import cursor_for_calls, set_deadline

if TYPE_CHECKING:
    from vecs_sql._sync.session import Session

_logger = logging.getLogger("vecs_sql")

# How long what a failed build left may take to be dropped. It waits for older transactions; if that takes longer, the
# next build drops it.
_CLEANUP_SECONDS = 10.0


def build_index(
    session: Session,
    parameters: Mapping[str, Any],
    deadline: Deadline | None,
    concurrently: bool,
) -> Notices:
    """Build an index, and keep the rule of vecs: an index over all rows of a collection is its only one.

    Args:
        session: That of the client.
        parameters: Those of create_index, and of create_index_sql.
        deadline: When the build ends.
        concurrently: Whether writers go on meanwhile.

    Returns:
        The notices to warn of.
    """
    notices = Notices(None)
    if concurrently:
        with session.outside_transaction(deadline) as connection:
            others = _others(session, connection, parameters)
            _build_concurrently(session, connection, parameters, notices, deadline)
            for index in others:
                statement = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS vecs.{}").format(
                    sql.Identifier(index["name"])
                )
                _run(connection, statement.as_string(connection))
        return notices
    with session.transaction(deadline) as connection:
        session.call_on(connection, functions.CREATE_INDEX, parameters, notices)
        # Nobody else can build an index before this transaction ends.
        for measure in {i["measure"] for i in _others(session, connection, parameters)}:
            dropped = {"collection": parameters["collection"], "measure": measure}
            session.call_on(connection, functions.DROP_INDEX, dropped)
    return notices


def set_aside_indexes(
    session: Session,
    connection: psycopg.Connection[Any],
    collection: str,
    wait: bool,
) -> dict[str, Any] | None:
    """Drop the vector indexes of a collection at the beginning of a transaction.

    Args:
        session: That of the client.
        connection: The one with the transaction.
        collection: The name of the collection.
        wait: Whether to wait for others who use the collection.

    Returns:
        What `restore_indexes` needs; None if the indexes stay.
    """
    parameters = {"collection": collection, "wait": wait}
    [(document,)] = session.call_on(connection, functions.SET_ASIDE_INDEXES, parameters)
    if document is None:
        _logger.info("the vector indexes of %s stay: others use it", collection)
        return None
    [dropped] = metadata.decode([document])
    count = len(dropped["indexes"])
    if not count:
        return None
    noun = "1 vector index of %s is" if count == 1 else f"{count} vector indexes of %s are"
    _logger.info(f"{noun} built anew after the upsert", collection)
    return dict(dropped)


def restore_indexes(
    session: Session,
    connection: psycopg.Connection[Any],
    collection: str,
    dropped: dict[str, Any],
    notices: Notices,
) -> None:
    """Build the indexes that `set_aside_indexes` has dropped, in the same transaction."""
    document = metadata.to_json(dropped, "the indexes")
    parameters = {"collection": collection, "dropped": document}
    session.call_on(connection, functions.RESTORE_INDEXES, parameters, notices)


def _others(
    session: Session, connection: psycopg.Connection[Any], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """List the indexes for other measures that are to go."""
    collection = {"collection": parameters["collection"]}
    [(description,)] = session.call_on(connection, functions.DESCRIBE_COLLECTION, collection)
    [described] = metadata.decode([description])
    if parameters["filters"] or "table" in described:
        return []  # a partial index is beside the others, and the owner of an adopted table decides on them
    return [
        index
        for index in described["vector_indexes"]
        if "filters" not in index and index["measure"] != parameters["measure"]
    ]


def _build_concurrently(
    session: Session,
    connection: psycopg.Connection[Any],
    parameters: Mapping[str, Any],
    notices: Notices,
    deadline: Deadline | None,
) -> None:
    """Build an index concurrently, a second time without workers if the server lacks shared memory for them."""
    connection.add_notice_handler(notices.add)
    try:
        try:
            _run_statements(session, connection, parameters)
        except psycopg.Error as error:
            # A full disk has the same SQLSTATE. A pooler would leave what is set to others.
            if error.diag.source_file != "dsm_impl.c" or not session.keeps_settings:
                raise
            set_deadline(connection, deadline)
            _run(connection, "SET max_parallel_maintenance_workers = 0")
            try:
                _run_statements(session, connection, parameters)
            finally:
                _clean_up(connection, ["RESET max_parallel_maintenance_workers"])
            set_deadline(connection, deadline)
            notice = (
                "SELECT vecs._notice_serial_build(c.table_id) FROM vecs._collection(%s::text) AS c"
            )
            _run(connection, notice, [parameters["collection"]])
    finally:
        connection.remove_notice_handler(notices.add)


def _run_statements(
    session: Session, connection: psycopg.Connection[Any], parameters: Mapping[str, Any]
) -> None:
    """Run the statements of vecs.create_index_sql. After one that fails, those that follow clean up."""
    written = session.call_on(connection, functions.CREATE_INDEX_SQL, parameters)
    statements = [
        statement
        for (statement,) in written
        if session.keeps_settings or not _is_setting(statement)
    ]
    try:
        while statements:
            _run(connection, statements.pop(0))
    except psycopg.Error as error:
        _clean_up(connection, statements)
        _translate(connection, parameters, error)
        raise
    except BaseException:
        _clean_up(connection, statements)
        raise


def _translate(
    connection: psycopg.Connection[Any], parameters: Mapping[str, Any], error: psycopg.Error
) -> None:
    """Raise the exception that create_index has for an error of CREATE INDEX, if it is one."""
    if connection.closed:
        return
    statement = "SELECT vecs._raise_build_error(%s::text, %s::boolean, %s::text, %s::text)"
    is_partial = bool(parameters["filters"])
    values = [parameters["collection"], is_partial, error.sqlstate, error.diag.message_primary]
    try:
        _run(connection, statement, values)
    except psycopg.Error:
        return
    except exc.VecsException as ours:
        raise ours from error


def _is_setting(statement: str) -> bool:
    """Whether it sets what a pooler would leave set for others, on another connection than the next statement."""
    return statement.startswith(("SET ", "RESET ", "SELECT pg_advisory_"))


def _run(
    connection: psycopg.Connection[Any], statement: str, values: list[Any] | None = None
) -> None:
    try:
        cursor_for_calls(connection).send(statement.encode(), values, binary=False)
    except psycopg.Error as error:
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error


def _clean_up(connection: psycopg.Connection[Any], statements: list[str]) -> None:
    """Run the statements after one that failed, as far as the connection and the time allow."""
    for statement in statements:
        if statement.startswith(("CREATE ", "SELECT vecs.")):
            continue
        if connection.closed:
            return
        set_deadline(connection, Deadline(_CLEANUP_SECONDS))
        with suppress(psycopg.Error, exc.VecsException):
            _run(connection, statement)
