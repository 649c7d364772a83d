"""Writing a reply, merging two, and exporting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from flask import Response, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web import confirming, site
from web.accounts.guard import acting
from web.caching import keep_nowhere
from web.database.storage import session
from web.desk import autosaving, labels, merging, presence, queue, quotations, quoting, replying
from web.desk.cases import Refused
from web.desk.document import ReplyDocument
from web.desk.drafting import LONGEST
from web.desk.exporting import docx, json, markdown, pdf
from web.desk.letterhead import LetterheadFailure
from web.desk.models import Case
from web.desk.pages import blueprint, case_url, logged, on_case
from web.desk.pages.texts import at_hand
from web.desk.replying import Overtaken
from web.desk.states import EDITABLE

LETTERHEAD = "LETTERHEAD"
"""The setting that names the letterhead's folder; None for the one that comes along."""

_MOST_REVISIONS = 1 << 31
"""More than a number in the database can tell."""

FORMATS: dict[str, tuple[str, Callable[[ReplyDocument, Path | None], bytes]]] = {
    "docx": (docx.MEDIA_TYPE, docx.docx),
    "pdf": (pdf.MEDIA_TYPE, pdf.pdf),
    "md": (markdown.MEDIA_TYPE, lambda document, _: markdown.markdown(document)),
    "json": (json.MEDIA_TYPE, lambda document, _: json.json(document)),
}


@blueprint.get("/cases/<number>/reply")
@on_case()
def reply(case: Case) -> ResponseReturnValue:
    """Write the reply: from what was saved last, or from a sheet that was kept and not saved."""
    if case.status not in EDITABLE:
        return redirect(case_url(case.number, "reply"))
    name = request.args.get("sheet", "")
    if name:
        kept = autosaving.find(session(), case, acting(), name)
        if kept is None:
            return redirect(url_for("desk.reply", number=case.number))
        return _editor(case, kept.text, kept.after, name)
    return _editor(
        case, case.draft.text if case.draft else "", case.draft.number if case.draft else 0, autosaving.sheet()
    )


@blueprint.post("/cases/<number>/reply")
@on_case()
def save_reply(case: Case) -> ResponseReturnValue:
    """Save the reply, or look at it first. What can't be saved is kept before anything else, and shown again, whole."""
    text, after, sheet = _written()
    if "preview" in request.form:
        return _editor(case, text, after, sheet)
    try:
        replying.save(session(), case, acting(), text, after, sheet)
    except Overtaken:
        autosaving.keep(session(), case, acting(), sheet, text, after)
        return make_response(_merging(case, text, after, sheet), 409)
    except Refused as refused:
        session().rollback()
        autosaving.keep(session(), case, acting(), sheet, text, after)
        return make_response(_editor(case, text, after, sheet, wrong=labels.refusal(refused)), 409)
    flash(_("已保存。"), "done")
    return redirect(url_for("desk.reply", number=case.number))


@blueprint.post("/cases/<number>/autosave")
@on_case()
def autosave(case: Case) -> ResponseReturnValue:
    """Keep what is being written, for a script; the answer says when that was."""
    text, after, sheet = _written()
    kept = autosaving.keep(session(), case, acting(), sheet, text, after)
    return {"at": kept.at.astimezone().strftime("%H:%M:%S")}


@blueprint.post("/cases/<number>/drop-autosave")
@on_case()
def drop_autosave(case: Case) -> ResponseReturnValue:
    """Drop what was kept and not saved."""
    back = url_for("desk.reply", number=case.number)
    if asked := confirming.question(_("丢掉这一稿"), _("这一稿没有保存过，丢掉就找不回来。"), back):
        return asked
    autosaving.drop(session(), case, acting(), request.form.get("sheet", ""))
    session().commit()
    return redirect(back)


@blueprint.post("/cases/<number>/presence")
@on_case()
def present(case: Case) -> ResponseReturnValue:
    """Note, for a script, that the reply is open or is being closed; the answer says who else has it open."""
    if "leaving" in request.form:
        presence.leave(session(), case, acting())
        session().commit()
    elif case.status in EDITABLE:
        presence.enter(case, acting())
    return {"told": labels.others(presence.others(session(), case, acting()))}


@blueprint.get("/cases/<number>/revisions/<int:which>")
@on_case()
def revision(case: Case, which: int) -> ResponseReturnValue:
    """Show a draft as saved."""
    found = next((each for each in case.revisions if each.number == which), None)
    if found is None:
        abort(404)
    return render_template("desk/revision.html", case=case, revision=found, words=labels)


@blueprint.get("/cases/<number>/reply.<kind>")
@on_case()
def export(case: Case, kind: str) -> ResponseReturnValue:
    """Export the reply as a file."""
    if kind not in FORMATS or not case.draft:
        abort(404)
    media_type, write = FORMATS[kind]
    try:
        content = write(replying.shown(case, site.root()), cast("Path | None", current_app.config[LETTERHEAD]))
    except pdf.PdfUnavailable as failure:
        current_app.logger.error("no PDF can be made: %s", failure)
        flash(_("服务器上没有 Pango，不能制作 PDF；请管理员安装，或先用 DOCX。"), "wrong")
        return redirect(case_url(case.number, "reply"))
    except LetterheadFailure as failure:
        flash(_("信笺模板有误：%(reason)s", reason=failure), "wrong")
        return redirect(case_url(case.number, "reply"))
    logged(case, "export", kind)
    session().commit()
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{case.number}.{kind}"'
    return keep_nowhere(response)


def _written() -> tuple[str, int, str]:
    """Return what a form of the editor says: the text, the revision that it began from, and the sheet."""
    after = request.form.get("after", 0, type=int)
    return (
        request.form.get("text", "").replace("\r\n", "\n"),
        after if 0 <= after < _MOST_REVISIONS else 0,
        autosaving.sheet(request.form.get("sheet", "")),
    )


def _editor(case: Case, text: str, after: int, sheet: str, wrong: str = "") -> str:
    presence.enter(case, acting())
    document, read = replying.draft(case, site.root(), text[:LONGEST])
    return render_template(
        "desk/reply.html",
        case=case,
        words=labels,
        text=text,
        saved=text == (case.draft.text if case.draft else ""),
        after=after,
        sheet=sheet,
        left=autosaving.left(session(), case, acting(), but=sheet),
        wrong=wrong,
        others=labels.others(presence.others(session(), case, acting())),
        returned=queue.returned(case),
        document=document,
        unfilled=labels.refusal(Refused("too-many-quotations", str(read.unfilled))) if read.unfilled else "",
        unknown="、".join(f"[@{number}]" for number in read.unknown),
        groups=quotations.groups(case),
        record=quotations.record,
        runs=lambda each: quoting.runs(quotations.passage(each)),
        most=LONGEST,
        texts=at_hand(),
        unsettled=labels.refusal(Refused("unsettled", str(read.unsettled))) if read.unsettled else "",
    )


def _merging(case: Case, mine: str, after: int, sheet: str) -> str:
    """Return the page on which two drafts become one, or stand side by side where they differ too much."""
    texts = {each.number: each.text for each in case.revisions}
    latest = case.draft
    assert latest is not None
    base, theirs = texts.get(after, ""), latest.text
    session().commit()  # nothing is held while it is merged
    merged = merging.merge(base, mine, theirs)
    return render_template(
        "desk/merge.html", case=case, words=labels, mine=mine, theirs=latest, merged=merged, sheet=sheet, most=LONGEST
    )
