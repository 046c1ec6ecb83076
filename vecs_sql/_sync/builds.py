# Made of vecs_sql/_async/builds.py by tools/async_to_sync.py: change that, then run `make format`.
"""Building a vector index, in one transaction or without stopping writers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from vecs_sql import exc
from vecs_sql._deadline import Deadline
from vecs_sql._protocol import functions, metadata
from vecs_sql._protocol.notices import Notices
from vecs_sql._sync.connection import cursor_for_calls, set_deadline

if TYPE_CHECKING:
    from vecs_sql._sync.session import Session

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
        _build_concurrently(session, parameters, deadline, notices)
    with session.transaction(deadline) as connection:
        if not concurrently:
            session.call_on(connection, functions.CREATE_INDEX, parameters, notices)
        if not parameters["filters"]:
            _drop_others(session, connection, parameters)
    return notices


def _drop_others(
    session: Session, connection: psycopg.Connection[Any], parameters: Mapping[str, Any]
) -> None:
    """Drop the indexes for other measures. After create_index no one else builds one before the transaction ends."""
    collection = {"collection": parameters["collection"]}
    [(description,)] = session.call_on(connection, functions.DESCRIBE_COLLECTION, collection)
    [described] = metadata.decode([description])
    if "table" in described:
        return  # the owner of an adopted table decides on them
    others = {i["measure"] for i in described["vector_indexes"] if "filters" not in i}
    for measure in others - {parameters["measure"]}:
        session.call_on(connection, functions.DROP_INDEX, {**collection, "measure": measure})


def _build_concurrently(
    session: Session,
    parameters: Mapping[str, Any],
    deadline: Deadline | None,
    notices: Notices,
) -> None:
    """Run the statements of vecs.create_index_sql. After one that fails, those that follow clean up."""
    with session.outside_transaction(deadline) as connection:
        written = session.call_on(connection, functions.CREATE_INDEX_SQL, parameters, notices)
        statements = [str(statement) for (statement,) in written]
        connection.add_notice_handler(notices.add)
        try:
            while statements:
                _run(connection, statements.pop(0))
        except BaseException:
            _clean_up(connection, statements)
            raise
        finally:
            connection.remove_notice_handler(notices.add)


def _run(connection: psycopg.Connection[Any], statement: str) -> None:
    try:
        cursor_for_calls(connection).send(statement.encode(), binary=False)
    except psycopg.Error as error:
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error


def _clean_up(connection: psycopg.Connection[Any], statements: list[str]) -> None:
    """Run the statements after one that failed, as far as the connection and the time allow."""
    for statement in statements:
        if connection.closed:
            return
        set_deadline(connection, Deadline(_CLEANUP_SECONDS))
        # That an index was not built is an error of the next statement, too.
        with suppress(psycopg.Error, exc.VecsException):
            _run(connection, statement)
