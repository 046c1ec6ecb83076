"""LlamaIndex's vector store for Supabase, as its package has it, on vecs_sql; run by test_llama_index.py."""

from __future__ import annotations

import os
import warnings

import vecs_sql

vecs_sql.install_as_vecs()

# ruff: noqa: E402 -- which must come first
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import (
    FilterCondition,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from llama_index.vector_stores.supabase import (
    SupabaseVectorStore,
    base,
)

warnings.simplefilter("ignore", DeprecationWarning)  # it calls get_collection
URL = os.environ["VECS_SQL_TEST_URL"]


def node(number: int) -> TextNode:
    return TextNode(
        id_=f"node{number}",
        text=f"text {number}",
        embedding=[float(number), 1.0, 0.0],
        metadata={"number": number, "parity": "odd" if number % 2 else "even"},
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"document{number // 10}")},
    )


def query(
    store: SupabaseVectorStore, number: int, filters: MetadataFilters | None = None
) -> list[str]:
    found = store.query(
        VectorStoreQuery(
            query_embedding=[float(number), 1.0, 0.0], similarity_top_k=3, filters=filters
        )
    )
    assert found.nodes is not None
    assert found.similarities is not None
    assert sorted(found.similarities) == found.similarities
    for one in found.nodes:
        assert one.text == f"text {one.metadata['number']}"
    return list(found.ids or [])


def main() -> None:
    assert base.vecs is vecs_sql
    store = SupabaseVectorStore(URL, "llama", dimension=3)
    assert store.add([node(number) for number in range(100)]) == [f"node{n}" for n in range(100)]
    store._collection.create_index()
    assert query(store, 0)[0] == "node0"
    assert query(store, 50)[0] == "node50"

    same = MetadataFilters(filters=[MetadataFilter(key="parity", value="even")])
    assert all(int(id_.removeprefix("node")) % 2 == 0 for id_ in query(store, 51, same))
    either = MetadataFilters(
        filters=[MetadataFilter(key="number", value=n) for n in (3, 4, 5, 6)],
        condition=FilterCondition.OR,
    )
    # A filter that matches four of a hundred: vecs itself would find fewer.
    assert len(query(store, 99, either)) == 3

    assert len(store.get_by_id("document3")) == 10
    store.delete("document3")
    assert store.get_by_id("document3") == []

    # Another store on the collection that is there, after the first was disconnected.
    store._client.disconnect()
    again = SupabaseVectorStore(URL, "llama", dimension=3)
    assert len(again._collection) == 90
    assert query(store, 0)[0] == "node0"
    print("done")


if __name__ == "__main__":
    main()
