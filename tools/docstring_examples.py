"""Extension of Griffe that lets the documentation site show the section `Example:` of a docstring as code."""

import re
from typing import Any

import griffe


class ExampleSections(griffe.Extension):
    """Rename the section to `Examples:`, which Griffe parses; it takes `Example:` for a paragraph of text."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
