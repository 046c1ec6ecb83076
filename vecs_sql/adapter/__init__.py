"""Adapters: they turn what is upserted and searched with (texts, say) into vectors.

An adapter is a pipeline of steps, each of which turns records (id, media, metadata) into such records: one document
into several chunks, a text into its embedding.
"""

from vecs_sql.adapter.base import Adapter, AdapterContext, AdapterStep
from vecs_sql.adapter.markdown import MarkdownChunker
from vecs_sql.adapter.noop import NoOp
from vecs_sql.adapter.text import (
    ParagraphChunker,
    SentenceChunker,
    TextEmbedding,
    TextEmbeddingModel,
    TokenChunker,
)

__all__ = [
    "Adapter",
    "AdapterContext",
    "AdapterStep",
    "MarkdownChunker",
    "NoOp",
    "ParagraphChunker",
    "SentenceChunker",
    "TextEmbedding",
    "TextEmbeddingModel",
    "TokenChunker",
]
