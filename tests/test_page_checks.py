"""The checks of pages see what they are for: each has a page that breaks it, beside one that keeps to it."""

from collections.abc import Callable

import pytest

from tests.browser import Show, Shown
from tests.page_checks import bad_drawings, faint_texts, overlapping_texts, too_wide, unsound_structure

SOUND = """\
<!doctype html><html lang="en"><head><title>T</title><style>{style}</style></head>
<body><main><h1>One</h1>{body}</main></body></html>
"""
SVG = '<div role="img" aria-label="words"><svg viewBox="0 0 100 40" width="100" height="40">{}</svg></div>'


def sound(body: str = "", style: str = "") -> str:
    return SOUND.format(body=body, style=style)


@pytest.mark.parametrize(
    ("check", "html", "found"),
    [
        (too_wide, sound('<p style="width: 375px">a</p>', "body { margin: 0 }"), []),
        (too_wide, sound('<p style="width: 376px">a</p>', "body { margin: 0 }"), ["376 > 375"]),
        (faint_texts, sound("<p>a</p>", "p { color: #767676; background: #fff }"), []),  # 4.54
        (faint_texts, sound("<p>a</p>", "p { color: #777777; background: #fff }"), ["a: 4.48"]),
        (faint_texts, sound("<p>a</p>", "p { color: rgb(0 0 0 / 53%) }"), ["a: 4.42"]),
        (faint_texts, sound("<p>a</p>", "p { opacity: 0.53 }"), ["a: 4.42"]),
        (faint_texts, sound("<p>a</p>", "body { background: #000 }"), ["One: 1.00", "a: 1.00"]),
        (faint_texts, sound('<p style="margin-top: 5000px">far</p>', "p { color: #777 }"), ["far: 4.48"]),
        (faint_texts, sound(SVG.format('<rect width="90" height="30"/><text x="9" y="20" fill="#fff">a</text>')), []),
        (faint_texts, sound(SVG.format('<rect width="90" height="30"/><text x="9" y="20">a</text>')), ["a: 1.00"]),
        (faint_texts, sound("<p hidden>a</p>", "p { color: #777 }"), []),
        (bad_drawings, sound(SVG.format('<text x="9" y="20">a</text>')), []),
        (bad_drawings, sound(SVG.format("")), ["a drawing with nothing in it"]),
        (overlapping_texts, sound(SVG.format('<text x="9" y="15">aa</text><text x="9" y="35">bb</text>')), []),
        (
            overlapping_texts,
            sound(SVG.format('<text x="9" y="20">aa</text><text x="12" y="24">bb</text>')),
            ["aa / bb"],
        ),
        (unsound_structure, sound("<h2>a</h2><h3>b</h3><h2>c</h2>"), []),
        (unsound_structure, sound("<h3>b</h3>"), ["h3 after h1: b"]),
        (unsound_structure, sound('<table aria-label="t"><tr><th scope="col">a</th></tr></table>'), []),
        (unsound_structure, sound("<table><caption>t</caption><tr><th>a</th></tr></table>"), ["th without scope: a"]),
        (unsound_structure, sound("<table><tr><td>a</td></tr></table>"), ["a table without a name: a"]),
        (unsound_structure, sound("<label>a <input></label><label for=i>b</label><input id=i>"), []),
        (unsound_structure, sound('<input placeholder="a">'), ["an input without a label"]),
        (unsound_structure, sound("<button></button>"), ["a button without a name"]),
        (unsound_structure, sound("<svg></svg>"), ["a drawing without words"]),
        (unsound_structure, sound("<p id=a></p><p id=a></p>"), ["id twice: a"]),
        (unsound_structure, "<p>a</p>", ["no language", "no title", "0 main landmarks", "0 h1"]),
    ],
)
def test_a_check_sees_what_it_is_for(
    show: Show, check: Callable[[Shown], list[str]], html: str, found: list[str]
) -> None:
    assert check(show(html, width=375)) == found


def test_a_text_outside_its_drawing_is_seen(show: Show) -> None:
    [found] = bad_drawings(show(sound(SVG.format('<text x="90" y="20">long words</text>'))))
    assert found.startswith("long words is ")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('<img src="https://example.test/a.png">', "asked_for"),
        ("<script>console.log('said')</script>", "logged"),
        ("<script>throw new Error('thrown')</script>", "thrown"),
    ],
)
def test_what_a_page_asks_for_logs_and_throws_is_collected(show: Show, body: str, kind: str) -> None:
    shown = show(sound(body))
    assert getattr(shown, kind)
    assert shown.troubles


def test_a_page_that_says_nothing_has_no_troubles(show: Show) -> None:
    assert show(sound()).troubles == []


def test_dark_and_print_are_asked_for(show: Show) -> None:
    style = "p { color: #777 } @media (prefers-color-scheme: dark), print { p { color: #000 } }"
    html = sound("<p>a</p>", style)
    assert [
        faint_texts(show(html)),
        faint_texts(show(html, scheme="dark")),
        faint_texts(show(html, media="print")),
    ] == [
        ["a: 4.48"],
        [],
        [],
    ]
