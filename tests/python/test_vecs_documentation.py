"""The code of the vecs client's documentation runs as it stands there, with vecs_sql under the name vecs.

Each block is text, run in one name space after the other, in a process of its own; only the URL is filled in.
"""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import Databases

CONNECT = """
import vecs

DB_CONNECTION = "postgresql://<user>:<password>@<host>:<port>/<db_name>"

# create vector store client
vx = vecs.create_client(DB_CONNECTION)
"""

GET_OR_CREATE = """
docs = vx.get_or_create_collection(name="docs", dimension=3)
"""

UPSERT = """
# add records to the collection
docs.upsert(
    records=[
        (
         "vec0",           # the vector's identifier
         [0.1, 0.2, 0.3],  # the vector. list or np.array
         {"year": 1973}    # associated  metadata
        ),
        (
         "vec1",
         [0.7, 0.8, 0.9],
         {"year": 2012}
        )
    ]
)
"""

CREATE_INDEX = """
##
# INSERT RECORDS HERE
##

# index the collection to be queried by cosine distance
docs.create_index(measure=vecs.IndexMeasure.cosine_distance)
"""

CREATE_DEFAULT_INDEX = """
docs.create_index()
"""

QUERY = """
docs.query(
    data=[0.4,0.5,0.6],          # required
    limit=5,                     # number of records to return
    filters={},                  # metadata filters
    measure="cosine_distance",   # distance measure to use
    include_value=False,         # should distance measure values be returned?
    include_metadata=False,      # should record metadata be returned?
)
"""

QUERY_FILTERED = """
docs.query(
    data=[0.4,0.5,0.6],
    filters={"year": {"$eq": 2012}}, # metadata filters
)
"""

DISCONNECT = """
vx.disconnect()
"""

CONTEXT_MANAGER = """
import vecs

DB_CONNECTION = "postgresql://<user>:<password>@<host>:<port>/<db_name>"

# create vector store client
with vecs.create_client(DB_CONNECTION) as vx:
    # do some work here
    pass

# connections are now closed
"""

ADAPTER = """
import vecs
from vecs.adapter import Adapter, ParagraphChunker, TextEmbedding

# create vector store client
vx = vecs.Client("postgresql://<user>:<password>@<host>:<port>/<db_name>")

# create a collection with an adapter
docs = vx.get_or_create_collection(
    name="docs",
    adapter=Adapter(
        [
            ParagraphChunker(skip_during_query=True),
            TextEmbedding(model='all-Mini-LM6-v2'),
        ]
    )
)
"""

UPSERT_TEXT = """
# add records to the collection using text as the media type
docs.upsert(
    records=[
        (
         "vec0",
         "four score and ....", # <- note that we can now pass text here
         {"year": 1973}
        ),
        (
         "vec1",
         "hello, world!",
         {"year": "2012"}
        )
    ]
)
"""

QUERY_TEXT = """
# search by text
docs.query(data="foo bar")
"""

CREATE_COLLECTION = """
docs = vx.create_collection(name="docs", dimension=3)
"""

GET_COLLECTION = """
docs = vx.get_collection(name="docs")
"""

# What is looked at after a block, and what stands between two of them.
STEPS = [
    "import vecs_sql; vecs_sql.install_as_vecs(); import warnings; warnings.simplefilter('error')",
    CONNECT,
    GET_OR_CREATE,
    "assert repr(docs) == 'vecs.Collection(name=\"docs\", dimension=3)'",
    UPSERT,
    "assert len(docs) == 2 and docs['vec0'].metadata == {'year': 1973}",
    CREATE_INDEX,
    "assert docs.is_indexed_for_measure('cosine_distance')",
    CREATE_DEFAULT_INDEX,
    "found = " + QUERY.strip(),
    "assert found == ['vec1', 'vec0'], found",
    "found = " + QUERY_FILTERED.strip(),
    "assert found == ['vec1'], found",
    DISCONNECT,
    "assert len(docs) == 2",  # a client that was disconnected connects again
    CONTEXT_MANAGER,
    "vx.delete_collection('docs')",
    ADAPTER,
    UPSERT_TEXT,
    "found = [id_ for id_, *_ in docs.fetch(['vec0_para_000', 'vec1_para_000'])]",
    "assert found == ['vec0_para_000', 'vec1_para_000'], found",
    "docs.create_index()",
    QUERY_TEXT,
    "assert docs.query('hello world', limit=1) == ['vec1_para_000']",
    "vx.delete_collection('docs')",
    "warnings.simplefilter('ignore', DeprecationWarning)",
    CREATE_COLLECTION,
    GET_COLLECTION,
    "assert docs.dimension == 3",
    "vx.disconnect()",
]


def test_the_documented_code_runs(databases: Databases, template: str) -> None:
    url = databases.create(template)
    placeholder = '"postgresql://<user>:<password>@<host>:<port>/<db_name>"'
    code = "\n".join(STEPS).replace(placeholder, repr(url))
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
