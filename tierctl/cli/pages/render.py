"""Templates to pages: whatever stands in an export or a program file is text in them and never markup."""

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SCRIPT: Final = "review.js"
# A day, and a figure with its unit: percent or a currency.
_WHOLE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|(?<![\w.,#])-?\d[\d,.]* (?:%|[A-Z]{3}\b)")


class Templates:
    """The templates, each read once however many pages are made."""

    def __init__(self) -> None:
        self._environment = _environment()

    def page(self, template: str, *, has_script: bool = False, **content: Any) -> str:
        """A page: it loads nothing, and runs nothing but its own script, where it has one."""
        script = (_TEMPLATES / _SCRIPT).read_text(encoding="utf-8") if has_script else ""
        return self._environment.get_template(template).render(script=script, policy=policy(script), **content)


def policy(script: str) -> str:
    """What a browser is told to let the page do: its own styles, and that one script by its digest."""
    rules = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    if not script:
        return rules
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"{rules}; script-src 'sha256-{digest}'"


def whole(text: object) -> "Markup":
    """A text in which no day, and no figure with its unit, is broken at the end of a line."""
    from markupsafe import Markup, escape  # noqa: PLC0415

    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704  # escaped before


def _environment() -> "Environment":
    # Imported here, as nothing else needs them.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings are vl-convert's own, which escapes the texts in them; style and script are tierctl's own files.
    environment.filters["own"] = Markup
    environment.filters["days"] = whole
    return environment
