"""Connection strings: the URLs of many tools, read into what libpq takes."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vecs_sql import exc

_logger = logging.getLogger("vecs_sql")

# JDBC's prefix, the schemes of libpq, Django, PHP and others, and the driver that SQLAlchemy names.
_SCHEME = re.compile(
    r"^(?:jdbc:)?(?:postgres|postgresql|postgis|pgsql|psql)(?:\+\w+)?://", re.IGNORECASE
)
_JDBC_OF_LOCALHOST = re.compile(r"^jdbc:postgres(?:ql)?:/?(?!/)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*:(?:[a-z]+:)?)//", re.IGNORECASE)

# The names that other tools have for parameters of libpq, and for their values.
_RENAMED = {
    "applicationname": "application_name",
    "clientencoding": "client_encoding",
    "connecttimeout": "connect_timeout",
    "database": "dbname",
    "loadbalancehosts": "load_balance_hosts",
    "logintimeout": "connect_timeout",
    "ssl": "sslmode",
    "ssl_mode": "sslmode",
    "sslca": "sslrootcert",
    "targetservertype": "target_session_attrs",
    "tcpkeepalive": "keepalives",
    "timeout": "connect_timeout",
    "username": "user",
}
_TRUE, _FALSE = ("true", "1", "yes", "on", "t", "y"), ("false", "0", "no", "off", "f", "n")
_VALUES: dict[str, dict[str, str]] = {
    "sslmode": dict.fromkeys((*_TRUE, "no-verify"), "require")
    | dict.fromkeys(_FALSE, "disable")
    | {"verifyca": "verify-ca", "verify_ca": "verify-ca"}
    | dict.fromkeys(("verifyfull", "verify_full", "verify_identity"), "verify-full"),
    "keepalives": dict.fromkeys(_TRUE, "1") | dict.fromkeys(_FALSE, "0"),
    "load_balance_hosts": dict.fromkeys(_TRUE, "random") | dict.fromkeys(_FALSE, "disable"),
    "target_session_attrs": {
        "master": "primary",
        "secondary": "standby",
        "slave": "standby",
        "preferprimary": "any",
        "prefersecondary": "prefer-standby",
        "preferslave": "prefer-standby",
        "preferstandby": "prefer-standby",
    },
    "client_encoding": {"utf8mb4": "utf8"},
}

# Parameters whose values libpq takes in lower case only.
_WORDS = {
    "channel_binding", "gssencmode", "load_balance_hosts", "sslmode", "sslnegotiation", "target_session_attrs",
}  # fmt: skip

# Parameters separated by semicolons as in .NET, or a password within the value of another parameter.
_RUN_TOGETHER = re.compile(r";\s*(?:\w[\w ]*=|$)|\b(?:password|pwd)\s*=", re.IGNORECASE)

# Settings of a session, which libpq takes in the parameter options.
_SETTINGS = {
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "timezone",
    "transaction_timeout",
}

# Parameters of other tools, which mean nothing to PostgreSQL: Prisma and Supabase; SQLAlchemy and its drivers; Django,
# Rails, PHP and node-postgres; JDBC, Go, Rust and .NET. In lower case, without "_" and "-".
_OF_OTHERS = """
    pgbouncer schema connectionlimit pooltimeout sockettimeout singleuseconnections sslaccept sslidentity
    statementcachesize supa workaround pooled preparedstatementcachesize preparedstatementnamefunc asyncfallback
    asynccreatorfn commandtimeout maxcachedstatementlifetime maxcacheablestatementsize poolsize maxoverflow
    poolrecycle poolpreping echo usenativehstore executemanymode executemanybatchsize serversidecursors
    preparethreshold plugin connmaxage connhealthchecks disableserversidecursors atomicrequests engine adapter
    pool encoding charset preparedstatements reapingfrequency checkouttimeout idletimeout advisorylocks
    serverversion driver uselibpqcompat max min idletimeoutmillis connectiontimeoutmillis maxuses querytimeout
    keepalive currentschema searchpath stringtype preferquerymode rewritebatchedinserts sslfactory
    sslresponsetimeout loglevel loggerlevel readonly binarytransfer defaultrowfetchsize hostrecheckseconds
    autosave databasemetadatacachefields escapesyntaxcallmode binaryparameters disablepreparedbinaryresult
    defaultqueryexecmode statementcachecapacity statementcachemode descriptioncachecapacity poolmaxconns
    poolminconns poolmaxconnlifetime poolmaxconnidletime poolhealthcheckperiod maxconns minconns pooling
    maxpoolsize minpoolsize multiplexing
"""

# The parameters and values that forbid prepared statements.
_UNPREPARED = {
    "binaryparameters": _TRUE,
    "defaultqueryexecmode": ("exec", "simple_protocol", "describe_exec", "cache_describe"),
    "pgbouncer": _TRUE,
    "preparedstatementcachesize": ("0",),
    "preparedstatements": _FALSE,
    "preparethreshold": ("0", "none"),
    "statementcachecapacity": ("0",),
    "statementcachesize": ("0",),
}

_FORM = "Write postgresql://user:password@host:5432/database."
_PAIRS = "Or key=value pairs, values with blanks in single quotes: host=... dbname=... user=..."
_SEPARATED = "parameters are separated by blanks (in a URL by &), not by ;"
_ENCODE = (
    "In a URL, write the signs @ : / ? # % & of a user's name or password percent-encoded, as"
    " urllib.parse.quote(password, safe='') does: @ is %40, / is %2F."
)


@dataclass(frozen=True)
class Target:
    """The database that a connection string names.

    Attributes:
        conninfo: The string for libpq, with the password.
        prepare: False if the URL forbids prepared statements, because there is a pooler.
    """

    conninfo: str = field(repr=False)
    prepare: bool = True


def text_of(source: object) -> str | None:
    """Return the URL in a string or in an object of SQLAlchemy, pydantic or urllib; None for other objects."""
    if isinstance(source, str):
        return source
    if hasattr(source, "render_as_string"):  # SQLAlchemy's URL, whose str() hides the password
        head, mark, query = str(source.render_as_string(hide_password=False)).partition("?")
        return head + mark + query.replace("+", "%20")
    if hasattr(source, "get_secret_value"):  # pydantic's SecretStr, perhaps of a URL
        return text_of(source.get_secret_value())
    if hasattr(source, "unicode_string"):  # pydantic's PostgresDsn, MultiHostUrl
        return str(source.unicode_string())
    if hasattr(source, "geturl"):
        return str(source.geturl())
    return None


def target(url: str) -> Target:
    """Read a URL, or libpq's key=value pairs.

    Parameters of PostgreSQL are translated, those of other tools are left out.

    Raises:
        exc.ArgError: It cannot be read. The message contains no part that may be a password.
    """
    url = url.strip().removeprefix("\ufeff").strip()
    if len(url) > 1 and url[0] == url[-1] and url[0] in "\"'":
        url = url[1:-1].strip()  # as a line of an .env file has it
    if not url:
        raise exc.ArgError("the URL of the database is empty", hint=_FORM)
    scheme = _SCHEME.match(url)
    if scheme is not None:
        return _of_url(url[scheme.end() :], is_jdbc=scheme[0][:5].lower() == "jdbc:")
    if scheme := _JDBC_OF_LOCALHOST.match(url):
        return _of_url(f"localhost/{url[scheme.end() :]}", is_jdbc=True)
    if other := _OTHER_SCHEME.match(url):
        raise exc.ArgError(f'not a PostgreSQL URL: "{other[1]}//..."', hint=_FORM)
    named = _read(url)
    if named is None:
        says = "the connection string cannot be read"
        if _RUN_TOGETHER.search(url):
            says += f": {_SEPARATED}"
        elif re.fullmatch(r"[\w./-]{1,40}", url):  # a word, and so no password
            says = f'missing "=" after "{url}" in the connection string'
        raise exc.ArgError(says, hint=f"{_FORM} {_PAIRS}")
    _check(named)
    return Target(url)


def conninfo(url: str) -> str:
    """Return the string for libpq from a URL, or from key=value pairs."""
    return target(url).conninfo


def _read(text: str) -> dict[str, Any] | None:
    """Return the parameters that libpq reads; None if it cannot. Its own error may contain the password."""
    try:
        return conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError):
        return None


def _check(named: dict[str, Any]) -> None:
    """Refuse a value that contains other parameters or a URL: an error would show it with the password."""
    for name, value in named.items():
        text = "" if name in ("password", "sslpassword") else str(value)
        why = None
        if (name == "host" and "=" in text) or _RUN_TOGETHER.search(text):
            why = _SEPARATED
        elif name in ("host", "dbname") and ("://" in text or (name == "host" and "@" in text[1:])):
            why = f"a URL stands in the place of {name}"
        if why:
            raise exc.ArgError(
                f"the connection string cannot be read: {why}", hint=f"{_FORM} {_PAIRS}"
            )


def _written(named: dict[str, str]) -> str | None:
    """Return parameters as key=value pairs; None if they cannot be written so."""
    if any("\0" in value for value in named.values()):
        return None
    try:
        return make_conninfo("", **named)
    except (psycopg.Error, UnicodeError):
        return None


def _of_url(rest: str, *, is_jdbc: bool) -> Target:
    """Read a URL without its scheme."""
    user, password, rest = _split_user(rest)
    place, _, query = rest.partition("?")
    hosts, _, database = place.partition("/")
    given = {"user": user, "password": password, "dbname": database or None}
    parameters, unprepared = _parameters(query, is_jdbc=is_jdbc)
    given |= _hosts(hosts.split(","))
    named = {name: _decoded(text) for name, text in given.items() if text is not None}
    named |= parameters  # they take precedence, as in libpq
    conninfo = _written(named)
    if conninfo is None:
        raise exc.ArgError("the URL of the database cannot be read", hint=f"{_FORM} {_ENCODE}")
    _check(named)
    return Target(conninfo, prepare=not unprepared)


def _split_user(rest: str) -> tuple[str | None, str | None, str]:
    """Split off user and password; an @ that is not encoded counts as part of the password."""
    authority, slash, after = rest.partition("/")
    before_query = authority.partition("?")[0]
    if "@" not in authority or ("@" not in before_query and _are_hosts(before_query)):
        if "@" in after.partition("?")[0] or not _are_hosts(before_query):
            # A password with / in it, or something that is no host.
            raise exc.ArgError(
                "the URL of the database cannot be read after its user or host",
                hint=f"{_FORM} {_ENCODE}",
            )
        return None, None, rest
    credentials, _, hosts = authority.rpartition("@")
    if not _are_hosts(hosts.partition("?")[0]):
        raise exc.ArgError(
            "the host of the URL of the database cannot be read", hint=f"{_FORM} {_ENCODE}"
        )
    user, colon, password = credentials.partition(":")
    return user or None, password if colon and password else None, hosts + slash + after


_HOST = re.compile(r"(?:\[[0-9a-fA-F:.%\w]*\]|[^:\[\]@\s]*)(?::(\d*))?")


def _are_hosts(text: str) -> bool:
    return all(_HOST.fullmatch(host) for host in text.split(","))


def _hosts(parts: list[str], ports: str = "") -> dict[str, str]:
    """Return the parameters host and port for hosts, some of which may be host:port."""
    others = ports.split(",")
    hosts, found = [], []
    for number, part in enumerate(parts):
        # The path of a socket and an IPv6 address without brackets have no port.
        split = None if part.startswith("/") else _HOST.fullmatch(part)
        port = split[1] if split is not None else None
        hosts.append(
            (part if split is None or port is None else part[: split.start(1) - 1]).strip("[]")
        )
        found.append(port or (others[number] if len(others) == len(parts) else others[0]))
    named = {"host": ",".join(hosts)} if any(hosts) else {}
    if any(found):
        named["port"] = found[0] if len(set(found)) == 1 else ",".join(found)
    return named


def _parameters(query: str, *, is_jdbc: bool) -> tuple[dict[str, str], bool]:
    """Read a URL's query: the parameters for libpq, and whether statements must not be prepared."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    named: dict[str, str] = {}
    repeated: dict[str, list[str]] = {"host": [], "port": []}  # as SQLAlchemy has them
    options: list[str] = []
    dropped: list[str] = []
    unprepared = False
    for pair in filter(None, query.split("&")):
        raw, _, value = pair.partition("=")
        given, value = _decoded(raw), _decoded(value)
        word = re.sub("[_-]", "", given).lower()
        name = given if given in known else _RENAMED.get(given.lower(), _RENAMED.get(word, given))
        if word in _UNPREPARED and value.lower() in _UNPREPARED[word]:
            unprepared = True
        if given.lower() in _SETTINGS:
            options.append(f"-c {given.lower()}={_escaped(value)}")
        elif given == "options":
            options.append(value)
        elif name in repeated:
            repeated[name] += value.split(",") if value else []
        elif name in known:
            if given.lower() == "ssl" and value.lower() in ("", *_TRUE):
                value = "verify-full" if is_jdbc else "require"
            value = value.lower() if name in _WORDS else value
            value = _VALUES.get(name, {}).get(value.lower(), value)
            if value and (name == given or name not in named):  # sslmode rather than ssl
                named[name] = value
        elif word in _OF_OTHERS.split():
            dropped.append(given)
        else:
            raise exc.ArgError(
                "the URL of the database has a parameter that PostgreSQL does not know"
                + (f': "{given}"' if re.fullmatch(r"\w{1,40}", given) and "@" not in query else ""),
                hint=f"Its parameters are libpq's, such as sslmode=require and application_name=name. {_ENCODE}",
            )
    if repeated["host"]:
        named |= _hosts(repeated["host"], ",".join(repeated["port"]))
    elif repeated["port"]:
        named["port"] = ",".join(repeated["port"])
    if options:
        named["options"] = " ".join(options)
    if dropped:
        _logger.debug("left out of the database's URL, as another tool's: %s", ", ".join(dropped))
    return named, unprepared


def _escaped(value: str) -> str:
    """Escape a value within the parameter options."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _decoded(text: str) -> str:
    """Decode percent-encoding; a % that begins none stands for itself."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        pass
    # Raised here, without a cause or context: those would show the password.
    raise exc.ArgError(
        "the URL of the database has a percent sign that begins no character", hint=_ENCODE
    )


def to_url(conninfo: str) -> str:
    """Return libpq's key=value pairs as a URL."""
    named = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value}
    user, password = named.pop("user", ""), named.pop("password", "")
    credentials = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    database = quote(named.pop("dbname", ""), safe="")
    host, port = named.get("host", ""), named.get("port", "")
    place = ""
    # Several hosts, a socket's folder and an address of IPv6 are written as parameters.
    if re.fullmatch(r"[\w.-]*", host) and re.fullmatch(r"\d*", port):
        named.pop("host", None)
        named.pop("port", None)
        place = host + (f":{port}" if port else "")
    query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in named.items())
    return f"postgresql://{credentials}{'@' if credentials else ''}{place}/{database}" + (
        f"?{query}" if query else ""
    )


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Open a connection that prepares nothing, since there may be a pooler."""
    return psycopg.connect(conninfo(url), autocommit=autocommit, prepare_threshold=None)
