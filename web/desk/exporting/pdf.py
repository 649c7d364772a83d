"""PDF, from the letterhead's page by WeasyPrint, which needs Pango of the operating system; tagged, as PDF/UA-1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from web.desk.document import ReplyDocument
from web.desk.letterhead import PAGE, SHIPPED, LetterheadFailure

MEDIA_TYPE = "application/pdf"


class PdfUnavailable(Exception):
    """WeasyPrint can't be loaded, because Pango is not installed; the message is what it says."""


def pdf(document: ReplyDocument, letterhead: Path | None) -> bytes:
    """Return the reply as PDF.

    Raises:
        PdfUnavailable: the machine lacks Pango.
        LetterheadFailure: the letterhead's page can't be read or filled.
    """
    try:
        import weasyprint  # it loads Pango, which a machine that makes no PDF has no need of
    except OSError as failure:
        raise PdfUnavailable(str(failure)) from failure

    folder = letterhead or SHIPPED
    environment = SandboxedEnvironment(
        loader=FileSystemLoader([folder]), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    try:
        page = environment.get_template(PAGE).render(document=document)
    except (TemplateError, OSError) as failure:
        raise LetterheadFailure(
            f"{folder / PAGE}: {' '.join(str(failure).split()) or type(failure).__name__}"
        ) from failure
    html = weasyprint.HTML(string=page, base_url=f"{folder.resolve().as_uri()}/", url_fetcher=_beside(folder.resolve()))
    made: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    return made


def _beside(folder: Path) -> Any:
    """Return a fetcher of files in the letterhead's folder, and of no others."""
    from weasyprint.urls import URLFetcher, URLFetchingError

    class Beside(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith(f"{folder.as_uri()}/") or ".." in url:
                raise URLFetchingError(f"{url} is not in the letterhead's folder")
            return super().fetch(url, headers)

    return Beside()
