"""URLs of a database as people have them: what is read of them, what is left out, and what is never shown."""

from __future__ import annotations

import logging
import os
import traceback
from typing import Any
from urllib.parse import quote, urlsplit

import pydantic
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict

import vecs_sql as vecs
from vecs_sql import _url, exc


def read(url: object) -> dict[str, Any]:
    """Return what libpq is given."""
    text = _url.text_of(url)
    assert text is not None
    return {key: value for key, value in conninfo_to_dict(_url.conninfo(text)).items() if value}


BASE = {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "d"}


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "POSTGRESQL",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "postgresql+asyncpg",
        "postgres+pg8000",
        "postgis",
        "pgsql",
        "jdbc:postgresql",
    ],
)
@pytest.mark.parametrize("around", ["{}", "{}\n", "  {}\r\n", '"{}"', "'{}'"])
def test_schemes(scheme: str, around: str) -> None:
    assert read(around.format(f"{scheme}://u:p@h:5433/d")) == BASE


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (
            "sslmode=require&application_name=my%20app",
            {"sslmode": "require", "application_name": "my app"},
        ),
        ("ssl=require", {"sslmode": "require"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=1", {"sslmode": "require"}),
        ("ssl=false", {"sslmode": "disable"}),
        (
            "ssl=verify-full&sslrootcert=/ca.pem",
            {"sslmode": "verify-full", "sslrootcert": "/ca.pem"},
        ),
        ("ssl=true&sslmode=verify-ca", {"sslmode": "verify-ca"}),
        ("sslmode=verify-ca&ssl=true", {"sslmode": "verify-ca"}),
        ("sslmode=no-verify", {"sslmode": "require"}),
        (
            "ApplicationName=app&connectTimeout=3",
            {"application_name": "app", "connect_timeout": "3"},
        ),
        ("targetServerType=primary", {"target_session_attrs": "primary"}),
        (
            "options=-c%20a%3Db&statement_timeout=5%20s",
            {"options": "-c a=b -c statement_timeout=5\\ s"},
        ),
        ("host=/tmp&port=1", {"host": "/tmp", "port": "1"}),
        ("host=a:1&host=b:2&host=c", {"host": "a,b,c", "port": "1,2,"}),
        ("host=a:1,b:2", {"host": "a,b", "port": "1,2"}),
        ("host=a&host=b&port=1&port=2", {"host": "a,b", "port": "1,2"}),
        ("host=a&host=b:2&port=1", {"host": "a,b", "port": "1,2"}),
        ("host=a,b&port=1,", {"host": "a,b", "port": "1,"}),
        ("host=/tmp:1&host=[::1]:2&host=::1", {"host": "/tmp:1,::1,::1", "port": ",2,"}),
        ("host=a&host=b", {"host": "a,b"}),
        ("host=a&host=/tmp&port=", {"host": "a,/tmp"}),
        ("sslmode=REQUIRE", {"sslmode": "require"}),
        ("sslmode=VerifyFull", {"sslmode": "verify-full"}),
        ("sslmode=&application_name=", {}),
        ("ssl", {"sslmode": "require"}),
        ("timezone=Europe/Berlin", {"options": "-c timezone=Europe/Berlin"}),
        ("TimeZone=UTC", {"options": "-c timezone=UTC"}),
        ("pgbouncer=true&schema=public&connection_limit=1&pool_timeout=20&sslaccept=strict", {}),
        ("prepared_statement_cache_size=0&async_fallback=true", {}),
        ("supa=base-pooler.x&workaround=supabase-pooler.vercel&uselibpqcompat=true", {}),
        ("serverVersion=15&charset=utf8", {}),
        ("currentSchema=a&reWriteBatchedInserts=true&prepareThreshold=0", {}),
        ("", {}),
        ("&", {}),
    ],
)
def test_parameters(query: str, meant: dict[str, str]) -> None:
    assert read(f"postgresql://u:p@h:5433/d?{query}") == BASE | meant


def test_what_is_left_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "vecs_sql"):
        read("postgresql://u:s3cret@h/d?pgbouncer=true&schema=public&sslmode=require")
    [record] = caplog.records
    assert (record.levelname, record.name) == ("DEBUG", "vecs_sql")
    assert "pgbouncer, schema" in record.getMessage()
    assert "s3cret" not in record.getMessage()


@pytest.mark.parametrize(
    ("query", "prepared"),
    [
        ("", True),
        ("pgbouncer=true", False),
        ("pgbouncer=false", True),
        ("prepared_statement_cache_size=0", False),
        ("prepareThreshold=0", False),
        ("prepared_statements=false", False),
        ("default_query_exec_mode=simple_protocol", False),
    ],
)
def test_pgbouncer_is_not_prepared_on(url: str, query: str, prepared: bool) -> None:
    parts = conninfo_to_dict(url)
    straight = (
        f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    )
    with vecs.create_client(f"{straight}&{query}") as client:
        assert client.session._prepare is prepared


@pytest.mark.parametrize(
    "password",
    ["p@ss", "100%", "p%zz", "a:b", "a#b", "a?b", "p@s@s:w#r?d", "ä ß", "a+b", "&=", " x"],
)
def test_raw_signs_in_a_password(password: str) -> None:
    assert read(f"postgresql://u:{password}@h:5433/d?schema=x") == BASE | {"password": password}
    assert read(f"postgresql://u:{quote(password, safe='')}@h:5433/d") == BASE | {
        "password": password
    }


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("postgresql://", {}),
        ("postgresql:///d", {"dbname": "d"}),
        ("postgresql://h", {"host": "h"}),
        ("postgresql://u@/d?host=/tmp", {"user": "u", "dbname": "d", "host": "/tmp"}),
        ("postgresql://%2Fvar%2Frun:5433/d", {"host": "/var/run", "port": "5433", "dbname": "d"}),
        ("postgresql://[::1]:5433/d", {"host": "::1", "port": "5433", "dbname": "d"}),
        ("postgresql://[fe80::1]/d", {"host": "fe80::1", "dbname": "d"}),
        ("postgresql://a,b:2,[::1]:3/d", {"host": "a,b,::1", "port": ",2,3", "dbname": "d"}),
        ("postgresql://a:1,b:1/d", {"host": "a,b", "port": "1", "dbname": "d"}),
        ("postgresql://u:@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        (
            "postgresql://me@server:p@h/d",
            {"user": "me@server", "password": "p", "host": "h", "dbname": "d"},
        ),
        (
            "postgresql://h/d?user=me@server&password=a@b",
            {"user": "me@server", "password": "a@b", "host": "h", "dbname": "d"},
        ),
        ("postgresql://?service=mine", {"service": "mine"}),
        ("service=mine", {"service": "mine"}),
        (
            "  host=h password='a b://c' dbname=d \n",
            {"host": "h", "password": "a b://c", "dbname": "d"},
        ),
        ("postgresql://h/my%20db", {"host": "h", "dbname": "my db"}),
        ("\ufeffpostgresql://h/d", {"host": "h", "dbname": "d"}),
        ("\ufeffhost=h dbname=d", {"host": "h", "dbname": "d"}),
        ("jdbc:postgresql:d", {"host": "localhost", "dbname": "d"}),
        ("jdbc:postgresql:/?user=u", {"host": "localhost", "user": "u"}),
        (
            "jdbc:postgresql:d?user=u&password=p",
            {"host": "localhost", "dbname": "d", "user": "u", "password": "p"},
        ),
        # pgjdbc checks the certificate and the name of the host.
        ("jdbc:postgresql://h/d?ssl=true", {"host": "h", "dbname": "d", "sslmode": "verify-full"}),
        ("jdbc:postgresql://h/d?ssl", {"host": "h", "dbname": "d", "sslmode": "verify-full"}),
        (
            "jdbc:postgresql://h/d?ssl=true&sslmode=require",
            {"host": "h", "dbname": "d", "sslmode": "require"},
        ),
        ("host=h password=a;b=c", {"host": "h", "password": "a;b=c"}),
    ],
)
def test_forms(url: str, meant: dict[str, str]) -> None:
    assert read(url) == meant


def test_objects_that_hold_a_url() -> None:
    password = "p@ :/+%?#&"
    url = sqlalchemy.URL.create(
        "postgresql+asyncpg",
        "u",
        password,
        "h",
        5433,
        "d",
        {"application_name": "my app", "ssl": "require"},
    )
    meant = BASE | {"password": password, "application_name": "my app", "sslmode": "require"}
    assert read(url) == meant
    text = url.render_as_string(hide_password=False).replace("my+app", "my%20app")
    assert read(pydantic.SecretStr(text)) == meant
    assert read(pydantic.PostgresDsn(text)) == meant
    assert read(urlsplit(text)) == meant
    several = pydantic.PostgresDsn("postgresql://u:p@a:1,b:2/d")
    assert read(several) == {
        "user": "u",
        "password": "p",
        "host": "a,b",
        "port": "1,2",
        "dbname": "d",
    }
    with pytest.raises(exc.ArgError, match=r'not a PostgreSQL URL: "mysql\+pymysql://'):
        read(sqlalchemy.make_url("mysql+pymysql://u:secret@h/d"))


def test_an_object_is_connected_with(url: str) -> None:
    parts = conninfo_to_dict(url)
    made = sqlalchemy.URL.create(
        "postgresql+psycopg", str(parts["user"]), database=str(parts["dbname"]),
        query={"host": str(parts["host"]), "port": str(parts["port"]), "schema": "public"},
    )  # fmt: skip
    with vecs.create_client(made) as client:
        assert client.list_collections() is not None


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:{}/x@h/d",
        "postgresql://u:12/{}@h/d",
        "postgresql://u:{}",
        "postgresql://u:1/2?{}=x@h/d",
        "postgresql://u:{}%ff@h/d",
        "postgresql://u:{}@h:port/d",
        "postgresql://u:{}@h h/d",
        "postgresql://u:{}@h/d?nonsense=1",
        "postgresql://u:{}@h/d?connect_timeout=x%00",
        "postgresql://u:{}%00@h/d",
        "postgresql://u:{}@[::1/d",
        "mysql://u:{}@h/d",
        "host=h password={} b dbname=d",
        "host=h password=a {}=d",
        "host=h password='{}",
        "postgresql:/u:{}@h/d",
        "host=localhost;port=54399;database=db;username=u;password={}",
        "host=localhost; port=54399; username=u; password={}",
        "Server=localhost;Port=54399;User Id=u;Password={};",
        "dbname=d;password={}",
        "user=u;pwd={}",
        "service=mine;password={}",
        "sslmode=require;Password={}",
        "host=localhost,password={}",
        "host=localhost&password={}",
        "user='u password={}'",
        "postgresql://h/d;password={}",
        "postgresql://h;user=u;password={}",
        "postgresql://h/d?user=u;password={}",
        "jdbc:postgresql:d;password={}",
        "jdbc:postgresql:u:{}@h/d",
        "dbname=postgresql://u:{}@h/d",
        "host=postgresql://u:{}@h/d",
        "host=u:{}@h",
        "postgresql://h/d?host=u:{}@h",
        "postgresql://h/d?sslmode=require?password={}",
    ],
)
def test_what_cannot_be_read(url: str) -> None:
    with pytest.raises(exc.ArgError) as caught:
        vecs.create_client(url.format(SECRET))
    assert caught.value.hint
    assert "percent-encoded" in str(caught.value) or "Write postgresql://" in str(caught.value)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    seen: BaseException | None = caught.value
    while seen is not None:
        told += str(seen)
        seen = seen.__cause__ or seen.__context__
    assert SECRET not in told.replace(url.format(SECRET), "")


@pytest.mark.parametrize("command", ["collections --url", "check", "install"])
def test_parameters_separated_as_dotnet_has_them(run: Any, command: str) -> None:  # noqa: ANN401
    text = f"host=localhost;port=54399;database=db;username=u;password={SECRET}"
    ended = run(*command.split(), text, code=1)
    assert "parameters are separated by blanks (in a URL by &), not by ;" in ended.stderr
    assert SECRET not in ended.stderr + ended.stdout


def test_a_word_that_is_no_parameter() -> None:
    with pytest.raises(exc.ArgError, match='parameter that PostgreSQL does not know: "sslmod"'):
        read("postgresql://h/d?sslmod=require")
    with pytest.raises(exc.ArgError, match='missing "=" after "docs"'):
        read("docs")


@pytest.mark.parametrize("source", [5, b"postgresql://h/d", os.curdir.encode(), object()])
def test_what_holds_none(source: object) -> None:
    assert _url.text_of(source) is None
