"""What a column's words are: true and false, nothing, or ids of one shape."""

import re
from collections.abc import Collection, Mapping

import polars as pl

from tierctl.export_format import Format
from tierctl.proposed.answers import Booleans, Ids, Setting
from tierctl.proposed.cell_looks import shape_of
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.tried import MOST

_PAIRS = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("1", "0"), ("on", "off"), ("x", "-"),
    ("ja", "nein"), ("j", "n"), ("wahr", "falsch"), ("oui", "non"), ("o", "n"), ("vrai", "faux"),
    ("sí", "no"), ("si", "no"), ("sì", "no"), ("s", "n"), ("verdadero", "falso"), ("vero", "falso"),
    ("sim", "não"), ("ja", "nee"), ("tak", "nie"), ("ano", "ne"), ("checked", "unchecked"), ("enabled", "disabled"),
    ("active", "inactive"),
)  # fmt: skip
_MARKS = ("x", "✓", "✔", "☑", "•", "*")
_NOTHING = frozenset({
    "-", "--", "---", "–", "—", "n/a", "na", "n.a.", "#n/a", "#na", "null", "(null)", "\\n", "nil", "none", "(none)",
    "nan", "#null!", "(blank)", "(empty)", "empty", "blank", "k.a.", "?", "unknown", "tbd", "not set", "no value",
    "#value!", "#ref!", "#div/0!",
})  # fmt: skip
_WORDS = 12  # a column with more distinct texts is none of true and false
_FEW_SHAPES = 50_000


def read_booleans(column: SeenColumn, missing: Collection[str]) -> Booleans:
    """See `tierctl.proposed.readings.booleans`."""
    if column.distinct > _WORDS:
        return Booleans("none")
    df = column.texts.filter(~pl.col("text").is_in(list(missing)))
    words = df["text"].to_list()
    if not words:
        return Booleans("none")
    if (df["cell"] == "boolean").all():
        return Booleans("sure", ("true",), ("false",), why="the file itself says that they are true and false")
    lower = {word.lower() for word in words}
    for yes, no in _PAIRS:
        if lower <= {yes, no}:
            return _pair(words, yes, no)
    if len(lower) == 1 and lower <= set(_MARKS):
        why = f"{words[0]!r} stands in {df['rows'].sum()} rows, and nothing else does"
        return Booleans("likely", tuple(words), (), is_mark=True, settings={"trueValues": tuple(words)}, why=why)
    return Booleans("none")


def _pair(words: list[str], yes: str, no: str) -> Booleans:
    true_words = tuple(word for word in words if word.lower() == yes)
    false_words = tuple(word for word in words if word.lower() == no)
    if true_words and false_words:
        why = f"its words are {' and '.join(map(repr, words))}"
        return Booleans("sure", true_words, false_words, settings=_settings(true_words, false_words), why=why)
    if len(yes) == 1 and not yes.isdigit() and len(words) == 1 and words[0].lower() in _MARKS:
        why = f"{words[0]!r} stands there, and nothing else does"
        return Booleans("likely", true_words, (), is_mark=True, settings={"trueValues": true_words}, why=why)
    why = f"{words[0]!r} stands there and not its usual opposite"
    true_words = true_words or (_like(words[0], yes),)
    false_words = false_words or (_like(words[0], no),)
    return Booleans("likely", true_words, false_words, settings=_settings(true_words, false_words), why=why)


def _like(word: str, other: str) -> str:
    """The other word with capitals as the word has them."""
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[:1].isupper() else other


def _settings(true_words: tuple[str, ...], false_words: tuple[str, ...]) -> Mapping[str, Setting]:
    """What the format has to say; nothing where the defaults read the words."""
    usual = Format()
    if set(true_words) <= set(usual.trueValues) and set(false_words) <= set(usual.falseValues):
        return {}
    return {"trueValues": true_words, "falseValues": false_words}


def nothing_words(column: SeenColumn) -> tuple[str, ...]:
    """The texts of a column that may stand for nothing, in order of record."""
    words = column.all_texts().filter(pl.col("text").str.to_lowercase().is_in(list(_NOTHING))).select("text")
    return tuple(dict.fromkeys(words.collect()["text"]))


def read_ids(column: SeenColumn, missing: Collection[str]) -> Ids:
    """See `tierctl.proposed.readings.ids`."""
    df = column.texts.head(_FEW_SHAPES).filter(~pl.col("text").is_in(list(missing)))
    if df.is_empty():
        return Ids("", "", is_unique=False, has_leading_zeros=False, widths=(0, 0))
    texts = df["text"].to_list()
    lengths = df["text"].str.len_chars()
    shapes = {shape_of(text) for text in texts}
    lf = column.all_texts().filter(~pl.col("text").is_in(list(missing)))
    repeated = lf.select((pl.col("rows") > 1).any(), pl.col("text").str.contains("^0[0-9]*$").any()).collect().row(0)
    shape = _shape(texts) if len(shapes) == 1 else ""
    starts = {re.split(r"[0-9]", text, maxsplit=1)[0] for text in texts}
    return Ids(
        shape,
        starts.pop() if shape and len(starts) == 1 else "",
        is_unique=not repeated[0],
        has_leading_zeros=bool(repeated[1]),
        widths=(int(lengths.min() or 0), int(lengths.max() or 0)),  # type: ignore[arg-type]
    )


def is_of_one_shape(column: SeenColumn, missing: Collection[str]) -> bool:
    """Whether nearly all texts are codes of one shape, with digits in it."""
    texts = column.texts.head(_FEW_SHAPES).filter(~pl.col("text").is_in(list(missing)))["text"].to_list()
    shapes = [shape_of(text) for text in texts]
    usual = max(set(shapes), key=shapes.count, default="")
    return "9" in usual and " " not in usual and shapes.count(usual) >= MOST * len(shapes)


def _shape(texts: list[str]) -> str:
    """The texts' one shape with the letters and signs that are the same in all of them."""
    runs = [re.findall(r"[^\W\d_]+|\d+|[\W_]", text) for text in texts]
    shape = ""
    for each in zip(*runs, strict=True):
        lengths, first = {len(run) for run in each}, each[0]
        sign = "9" if first[0].isdigit() else "A"
        if len(set(each)) == 1 and not first[0].isdigit():
            shape += first
        else:
            shape += sign * len(first) if len(lengths) == 1 else f"{sign}*"
    return shape
