"""Reaching the embedded server by TCP: a port of 127.0.0.1, and a password that is kept in the data folder."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from vecs_sql.exc import Unreachable

HOST = "127.0.0.1"

# The socket stands in a folder of mode 0700; by TCP anyone on the machine can come.
_HBA = f"""\
# Made by vecs-sql for a server with a port; without one pg_hba.conf counts.
local all         all               trust
local replication all               trust
host  all         all {HOST}/32 scram-sha-256
"""


def check_port(port: int) -> None:
    """Refuse a port that is in use."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError as error:
            raise Unreachable(
                f"port {port} of {HOST} cannot be used: {error.strerror}",
                hint="Choose another one; 1024 to 65535 need no privilege.",
            ) from error


def write_hba(data: Path) -> Path:
    """Write the rules of who may connect, and return their file."""
    path = data / "pg_hba_port.conf"
    path.write_text(_HBA, encoding="utf-8")
    path.chmod(0o644)  # PostgreSQL may run as another user
    return path


def password(data: Path) -> str:
    """Return the password of a data folder, created at the first call in a file that only its owner can read."""
    path = data / "password"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(file, "w", encoding="ascii") as created:
        created.write(secrets.token_urlsafe(24) + "\n")
    return password(data)


def set_password(url: str, password: str) -> None:
    """Set the password of the role postgres. Only its SCRAM verifier is sent to the server."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as connection:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), b"postgres", b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(verifier.decode()))
        )
