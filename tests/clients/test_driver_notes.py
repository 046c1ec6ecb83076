"""The notes of docs/languages.md on drivers and ORMs: each program as it is, then with what the page says."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.clients import languages
from tests.conftest import Databases

_PAGE = (languages.ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
_SECTION = _PAGE.partition("\n## Notes on other drivers and ORMs\n")[2].partition("\n## ")[0]
_PROGRAMS = {
    title: (kind, program)
    for title, kind, program in re.findall(
        r"^### ([^\n]*)\n(?:(?!^### )[^\n]*\n)*?^```(\w+)\n(.*?)^```$",
        _SECTION,
        re.MULTILINE | re.DOTALL,
    )
}
_LANGUAGES = {"js": "node", "python": "python", "java": "java"}

_FOUND = "cats Cats purr\n"
_TWICE = "^VS00[15] .* twice"
_NO_FUNCTION = "^42883 function vecs"
_LARGE = 3_000_000_000

# What a project of Django has, before its code is run; and a model over the collection.
_DJANGO = """\
import os
from urllib.parse import urlsplit

import django
from django.conf import settings

url = urlsplit(os.environ["DATABASE_URL"])
place = {"HOST": url.hostname, "PORT": url.port, "USER": url.username, "NAME": url.path[1:]}
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **place}})
django.setup()
"""
_MODEL = """\
from django.db import models


class Article(models.Model):
    id = models.TextField(primary_key=True)
    metadata = models.JSONField()

    class Meta:
        app_label, managed, db_table = "notes", False, 'vecs"."articles'


search = search.replace("metadata", "metadata, distance")
for article in Article.objects.raw(search, ["[1, 0, 0]", 2, '{"year": {"$gte": 2020}}']):
    print(article.id, article.metadata["title"], article.distance < 0.01)
print(Article.objects.filter(metadata__year=2019).get().id)
"""

_JS_METADATA = "[{ title: 'Cats purr', year: 2024 }, { title: 'Taxes are due', year: 2019 }]"
_PY_METADATA = '[{"title": "Cats purr", "year": 2024}, {"title": "Taxes are due", "year": 2019}]'
_PY_FILTERS = '{"year": {"$gte": 2020}}'
_REPLACED = """\
const replaced = (statement, replacements) => db.query(statement, { replacements, type: QueryTypes.SELECT })
const ids ="""
_SEARCH_REPLACED = {
    "const ids =": _REPLACED,
    "const rows = await select(": "const rows = await replaced(",
    "$vector, top_k => $top_k, filters => $filters": ":vector, top_k => :top_k, filters => :filters",
}
_UPSERT_REPLACED = {
    "const ids =": _REPLACED,
    "  await select(`SELECT vecs.upsert_many": "  await replaced(`SELECT vecs.upsert_many",
    "$vectors, $metadata": "ARRAY[:vectors]::vector[], :metadata",
}
_ALCHEMY = "from sqlalchemy import create_engine, event, text"
_ALCHEMY_MORE = """\
from sqlalchemy import bindparam, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import JSONB"""
_ALCHEMY_TYPED = {
    _ALCHEMY: _ALCHEMY_MORE,
    'filters => :filters)")': 'filters => :filters)").bindparams(bindparam("filters", type_=JSONB))',
}

# By note: what stands in its program, what is put there, and what is printed then.
_CHANGES: dict[str, list[tuple[dict[str, str], str]]] = {
    "postgres.js": [
        ({"${filters}": "${JSON.stringify(filters)}"}, _TWICE),
        ({"${metadata}": "${JSON.stringify(metadata)}"}, _TWICE),
        ({"const rows": "console.log(await sql`SELECT vecs.count_rows('articles')`)\n  const rows"}, "count_rows: '2'"),
        (
            {
                "const rows": "console.log(await sql`SELECT vecs.count_rows('articles')`)\n  const rows",
                "onnotice": "types: { bigint: postgres.BigInt }, onnotice",
            },
            "count_rows: 2n",
        ),
        ({"${filters}": "${JSON.stringify(filters)}::text::jsonb"}, _FOUND),
        ({"${2n}": f"${{{_LARGE}n}}"}, _FOUND),
    ],
    "Drizzle": [
        ({"JSON.stringify({ year: { $gte: 2020 } })": "{ year: { $gte: 2020 } }"}, "ERR_INVALID_ARG_TYPE"),
        ({"sql.param(['cats', 'taxes'])": "['cats', 'taxes']"}, _NO_FUNCTION),
        # The client itself takes texts for JSON now; and the other driver.
        ({"db.execute(sql`\n    SELECT id": "(client`\n    SELECT id"}, _FOUND),
        (
            {
                "drizzle-orm/postgres-js": "drizzle-orm/node-postgres",
                "postgres from 'postgres'": "pg from 'pg'",
                "postgres(process.env.DATABASE_URL, ": "new pg.Pool({ connectionString: process.env.DATABASE_URL }, ",
                "const rows =": "const { rows } =",
            },
            _FOUND,
        ),
        ({"${2n}": f"${{{_LARGE}n}}"}, _FOUND),
    ],
    "Sequelize": [
        (_SEARCH_REPLACED, "Invalid value { year"),
        ({**_SEARCH_REPLACED, "{ year: { $gte: 2020 } }": "JSON.stringify({ year: { $gte: 2020 } })"}, _FOUND),
        ({**_UPSERT_REPLACED, "$ids": ":ids"}, _NO_FUNCTION),
        ({**_UPSERT_REPLACED, "$ids": "ARRAY[:ids]"}, _FOUND),
        ({"filters => $filters": """filters => '{"year": {"$gte": 2020}}'"""}, '"\\$gte" has no value'),
        ({"filters => $filters": """filters => '{"year": {"$$gte": 2020}}'"""}, _FOUND),
        ({f"JSON.stringify({_JS_METADATA})": _JS_METADATA}, "^22P02 invalid input syntax for type json"),
        ({"{ clientMinMessages: 'notice' }": "{}", "$gte": "gte"}, "^$"),
        ({"top_k: 2n": f"top_k: {_LARGE}n"}, _FOUND),
    ],
    "SQLAlchemy": [
        (
            {
                _ALCHEMY: _ALCHEMY_MORE,
                'search, {"vector": "[1, 0, 0]", "top_k": 2, "filters": filters}':
                    'select(func.vecs.query("articles", "[1, 0, 0]"))',
            },
            "^42883 function vecs.query\\(character varying, character varying\\)",
        ),
        (_ALCHEMY_TYPED, _TWICE),
        ({**_ALCHEMY_TYPED, f"json.dumps({_PY_FILTERS})": _PY_FILTERS}, _FOUND),
        ({":vector, top_k": ":vector::real[]::vector, top_k"}, "^42601 syntax error"),
        (
            {':vector, top_k': "CAST(CAST(:vector AS real[]) AS vector), top_k", '"[1, 0, 0]"': "[1, 0, 0]"},
            _FOUND,
        ),
        ({":filters)": """'{\\"year\\": {\\"$gte\\":2020}}')"""}, "required for bind parameter '2020'"),
        ({'"top_k": 2': f'"top_k": {_LARGE}'}, _FOUND),
    ],
    "psycopg2": [
        ({"%s::vector[]": "%s"}, f"{_NO_FUNCTION}.upsert_many\\(unknown, text\\[\\], text\\[\\]"),
        ({"%s::vector,": "%s,"}, f"{_NO_FUNCTION}.query\\(unknown, integer\\[\\]"),
        ({"[1, 0, 0], 2": '"[1, 0, 0]", 2', "%s::vector,": "%s,"}, _FOUND),
        ({'["cats", "taxes"]': '("cats", "taxes")'}, _NO_FUNCTION),
        ({f"Json({_PY_FILTERS})": _PY_FILTERS}, "^None None None"),
        ({"[1, 0, 0], 2": f"[1, 0, 0], {_LARGE}"}, _FOUND),
    ],
    "Django": [
        ({f"json.dumps({_PY_FILTERS})": _PY_FILTERS}, "^None None None"),
        ({'["cats", "taxes"]': '("cats", "taxes")'}, "^22P02 malformed array literal"),
        ({'json.loads(metadata)["title"]': "type(metadata)"}, "cats <class 'str'>"),
        (
            {
                "filters => %s": """filters => '{\\"title\\": {\\"$like\\": \\"Cats%\\"}}'""",
                f"2, json.dumps({_PY_FILTERS})]": "2]",
            },
            "^None None None",
        ),
        (
            {
                "filters => %s": """filters => '{\\"title\\": {\\"$like\\": \\"Cats%%\\"}}'""",
                f"2, json.dumps({_PY_FILTERS})]": "2]",
            },
            _FOUND,
        ),
        ({"told.message_hint)\n": f"told.message_hint)\n{_MODEL}"}, f"^{_FOUND}cats Cats purr True\ntaxes\n$"),
        ({'"[1, 0, 0]", 2': f'"[1, 0, 0]", {_LARGE}'}, _FOUND),
    ],
    "asyncpg": [
        ({'("jsonb", "pg_catalog"), ("vector", "public")': "()"}, "^22000 "),
        (
            {
                '("jsonb", "pg_catalog"), ("vector", "public")': "()",
                "[(1, 0.1, 0), (0, 0.2, 1)]": '["[1, 0.1, 0]", "[0, 0.2, 1]"]',
                _PY_METADATA: f"json.dumps({_PY_METADATA})",
                "[1, 0, 0]": '"[1, 0, 0]"',
                _PY_FILTERS: f"json.dumps({_PY_FILTERS})",
                'metadata["title"]': 'json.loads(metadata)["title"]',
            },
            _FOUND,
        ),
        ({_PY_FILTERS: f"json.dumps({_PY_FILTERS})"}, _TWICE),
        ({"[(1, 0.1, 0), (0, 0.2, 1)]": "[[1, 0.1, 0], [0, 0.2, 1]]"}, "^22P02 invalid input syntax for type vector"),
        ({"[1, 0, 0], 2": f"[1, 0, 0], {_LARGE}"}, _FOUND),
    ],
    "pg8000": [
        ({f"json.dumps({_PY_METADATA})": _PY_METADATA}, "^22P02 invalid input syntax for type json"),
        ({'vector="[1, 0, 0]"': "vector=[1, 0, 0]"}, "^22P02 invalid input syntax for type vector"),
        ({"top_k=2": f"top_k={_LARGE}"}, _FOUND),
    ],
    "JDBC without Types.OTHER": [
        ({' + "&stringtype=unspecified"': ""}, _NO_FUNCTION),
        ({'createArrayOf("vector"': 'createArrayOf("text"'}, _NO_FUNCTION),
        (
            {
                ' + "&stringtype=unspecified"': "",
                'createArrayOf("vector"': 'createArrayOf("text"',
                "upsert_many('articles', ?, ?, ?)": "upsert_many('articles', ?, ?::text[]::vector[], ?::text::jsonb)",
                "'articles', ?, top_k": "'articles', ?::text::vector, top_k",
                "filters => ?": "filters => ?::text::jsonb",
            },
            _FOUND,
        ),
        ({"setLong(2, 2)": f"setLong(2, {_LARGE}L)"}, _FOUND),
    ],
}  # fmt: skip
_EVERYWHERE = [
    ({"$gte": "gte"}, r"(?s)^(VSW02|NOTICE: ) (?!.*cats)"),
    ({"$gte": "$gr"}, r'^VS005 unknown operator "\$gr" at "year.\$gr" .*\$between'),
]


# One process runs a note's program in all its forms. What each prints ends with this line.
_END = "~~~ end of a program"
_RUN = {
    "js": """\
for (let i = 0; i < Number(process.argv[2]); i++) {
  await import(`./note${i}.mjs`).catch((error) => console.log(error))
  console.log(process.env.END)
}
""",
    "python": """\
import os, pathlib, runpy, sys, traceback

for i in range(int(sys.argv[1])):
    try:
        runpy.run_path(str(pathlib.Path(__file__).parent / f"note{i}.py"))
    except Exception:
        traceback.print_exc(file=sys.stdout)
    print(os.environ["END"], flush=True)
""",
    "java": """\
public class Notes {
    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            Class.forName("Note" + i).getMethod("main", String[].class).invoke(null, (Object) arguments);
            System.out.println(System.getenv("END"));
        }
    }
}
""",
}


def _said(title: str, programs: list[str], scratch: Path, url: str) -> list[str]:
    """Run each of the programs, and return what it prints."""
    kind = _PROGRAMS[title][0]
    folder = scratch / "notes" / title.split()[0]
    folder.mkdir(parents=True)
    shutil.copy(languages.HERE / "notes" / "package.json", folder)
    ending = {"js": "mjs", "python": "py"}.get(kind, kind)
    for i, program in enumerate(programs):
        numbered = program.replace("class Note ", f"class Note{i} ")
        (folder / f"{'Note' if kind == 'java' else 'note'}{i}.{ending}").write_text(numbered)
    name = "Notes" if kind == "java" else "notes"
    settings = _DJANGO if title == "Django" else ""
    (folder / f"{name}.{ending}").write_text(settings + _RUN[kind])
    if kind == "java":
        path = os.pathsep.join([str(folder), languages.JARS[0]])
        languages.run(["javac", "-cp", path, *map(str, folder.glob("*.java"))])
        command = ["java", "-cp", path, name]
    else:
        command = languages.LANGUAGES[_LANGUAGES[kind]].build(folder, name, scratch)
    said = languages.run([*command, str(len(programs))], DATABASE_URL=url, END=_END)
    return said.split(f"{_END}\n")[:-1]


@pytest.mark.parametrize("title", _PROGRAMS)
def test_note(title: str, databases: Databases, template: str, port: int, scratch: Path) -> None:
    kind, program = _PROGRAMS[title]
    languages.require(_LANGUAGES[kind])
    programs = [program]
    changes = [*_EVERYWHERE, *_CHANGES[title]]
    for change, _ in changes:
        changed = program
        for stands, put in change.items():
            assert changed.count(stands) == 1, stands
            changed = changed.replace(stands, put)
        programs.append(changed)
    database = databases.create(template)
    place = languages.place(port, databases.name(database))
    url = languages.LANGUAGES["java" if kind == "java" else "node"].url(place)
    said, *others = _said(title, programs, scratch, url)
    databases.drop(database)
    assert said == _FOUND
    for (change, printed), other in zip(changes, others, strict=True):
        assert re.search(printed, other), f"{change}\n{other}"


def test_every_note_is_run() -> None:
    assert (
        _PROGRAMS.keys() == _CHANGES.keys() == set(re.findall("^### (.*)$", _SECTION, re.MULTILINE))
    )
