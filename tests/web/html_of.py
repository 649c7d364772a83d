"""What a browser makes of a page, as far as it matters here."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

HOSTILE = "'\"><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;{{7*7}}"


class Reading(HTMLParser):
    """What a browser makes of a page: where it leads, what it says, and what in it could run."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.said: list[str] = []
        self.dangers: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        values = {name: value or "" for name, value in attrs}
        self.said += values.values()
        if tag in ("style", "iframe", "object", "embed", "base") or "http-equiv" in values:
            self.dangers.append(tag)
        names_terms = tag == "link" and values.get("rel", "").startswith("schema.")  # which nothing fetches
        if (
            tag in ("script", "img", "link")
            and not names_terms
            and not values.get("src", values.get("href", "")).startswith("/")
        ):
            self.dangers.append(f"{tag} {values}")
        self.dangers += [f"{tag} {name}" for name in values if name.startswith("on") or name in ("style", "srcdoc")]
        for name in ("href", "src", "action", "formaction"):
            if urlsplit(values.get(name, "")).scheme not in ("", "http", "https"):
                self.dangers.append(f"{name}={values[name]}")
        if tag == "a":
            self.links.append(values.get("href", ""))

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        if self._tag == "script" and data.strip():
            self.dangers.append(data)

    @property
    def text(self) -> str:
        """All that it says, attributes included."""
        return "\n".join(self.said)

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""


def seen(html: str) -> Reading:
    """The page, read."""
    page = Reading()
    page.feed(html)
    return page
