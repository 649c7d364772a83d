"""The list of cases, and the page of one."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from indexer.errors import Unavailable
from search.addresses import Standing
from search.deadline import SearchTimeout
from search.model import Mode, SearchRequest
from web import confirming, site
from web.access import library
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.caching import NOWHERE
from web.database.storage import session, today
from web.desk import (
    cases,
    following,
    labels,
    letters,
    presence,
    publication,
    queue,
    quotations,
    quoting,
    replying,
    working,
)
from web.desk.cases import Refused, find, note
from web.desk.forms import Annotate, Enter, Facts, Publish, Remark, Trim, Who
from web.desk.knowledge import AnsweredCase, refreshed
from web.desk.models import Asker, Case, Note, Quotation, Stance
from web.desk.pages import blueprint, case_url, logged, on_case
from web.desk.pages.answers import answers, like
from web.desk.pages.letters import addressee
from web.desk.queue import QueueScope, WantedCases
from web.desk.states import (
    EDITABLE,
    REASONED,
    SIGNING,
    UNANSWERED,
    CaseOutcome,
    Move,
    Status,
    Tier,
    moves,
    waives_review,
)
from web.desk.terms import query, terms
from web.presenting.urls import address_url, page_url
from web.requested import page_of_list

PER_PAGE = 30

Choice = TypeVar("Choice", bound=StrEnum)


@blueprint.get("/")
@requires(AccountRole.LIBRARIAN)
def home() -> ResponseReturnValue:
    """List the cases that wait for whoever is logged in, or all that are like what is asked for."""
    wanted = _wanted()
    page = page_of_list()
    counts = queue.counted(session(), acting(), wanted)
    shown = queue.found(session(), acting(), wanted, limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    if find(session(), wanted.q.strip()) and len(shown) == 1:
        return redirect(case_url(shown[0].number))
    return render_template(
        "desk/home.html",
        cases=shown[:PER_PAGE],
        more=len(shown) > PER_PAGE,
        page=page,
        chosen={name: value or "" for name, value in asdict(wanted).items()},
        counts=counts,
        total=sum(counts.values()) if wanted.status is None else counts.get(wanted.status, 0),
        returned=queue.returned,
        words=labels,
        today=today(),
    )


def _wanted() -> WantedCases:
    """Return what the address asks for; who names no more than what to look for looks among all cases."""
    status, tier, scope = _chosen(Status, "status"), _chosen(Tier, "tier"), _chosen(QueueScope, "scope")
    tag, q = request.args.get("tag", "")[:100], request.args.get("q", "")[: queue.LONGEST]
    narrowed = status or tier or tag or q.strip()
    return WantedCases(scope or (QueueScope.ALL if narrowed else QueueScope.WAITING), status, tier, tag, q)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(AccountRole.LIBRARIAN)
def enter() -> ResponseReturnValue:
    """Enter a question that came otherwise than by the public form."""
    form = Enter()
    if not form.validate_on_submit():
        return render_template("desk/enter.html", form=form)
    case = cases.open_case(
        session(),
        form.question.data,
        acting(),
        tier=Tier(form.tier.data),
        due=form.due.data,
        name=form.name.data,
        contact=form.contact.data,
    )
    return redirect(case_url(case.number))


@blueprint.get("/cases/<number>")
@on_case()
def case(case: Case) -> str:
    """Show a case with all that belongs to it."""
    people = [(each.id, each.name) for each in cases.staff(session())]
    facts = Facts.of(case, people)
    if not cases.may_waive(case, acting()):
        facts.tier.choices = [each for each in facts.tier.choices if not waives_review(case.tier, Tier(each.value))]
    document = replying.shown(case, site.root()) if case.draft else None
    shut: list[str] = []
    standings: dict[int, Standing] = {}
    try:
        shut = publication.closed(case) if case.published else []
        standings = quotations.standings(library(), case.kept)
        index_answers = True
    except Unavailable:
        index_answers = False  # what is quoted stands in the database, and the work on it goes on
    return render_template(
        "desk/case.html",
        case=case,
        words=labels,
        moves=[move for move in moves(case.status, case.tier) if _may(move, case)],
        reasoned=REASONED,
        signing=SIGNING,
        seen=replying.fingerprint(document) if document else "",
        editable=case.status in EDITABLE,
        facts=facts,
        who=Who(name=case.asker.name if case.asker else "", contact=case.asker.contact if case.asker else ""),
        publishing=Publish(question=case.shown_question or case.question),
        shut=shut,
        groups=quotations.groups(case),
        headings=[group.heading for group in quotations.groups(case) if group.heading],
        standings=standings,
        index_answers=index_answers,
        annotate={each.id: _annotate(each) for each in case.kept},
        trimming=Trim(formdata=None),
        record=quotations.record,
        runs=lambda each: quoting.runs(quotations.passage(each)),
        place_url=lambda each: address_url(quotations.shown_at(each)),
        similar=_similar(case),
        by_meaning=_search(query(case.question), Mode.SEMANTIC),
        by_terms=[(term, _search(term, Mode.HYBRID)) for term in terms(case.question)],
        today=today(),
        returned=queue.returned(case),
        remark=Remark(formdata=None),
        letters=letters.of(session(), case),
        may_write_to=addressee(case),
        unanswered=case.status in UNANSWERED,
        others=presence.others(session(), case, acting()),
        document=document,
        authors=replying.authors(case),
    )


@blueprint.post("/cases/<number>/search")
@on_case()
def search(case: Case) -> ResponseReturnValue:
    """Start working on the case, and search: for what was typed, or as the page offers, with all options."""
    working.take(case)
    asked = request.form.get("search") or urlencode({"q": request.form.get("q", "")})
    return redirect(f"{url_for('pages.search')}?{urlencode(parse_qsl(asked))}", 303)


@blueprint.post("/cases/<number>/working")
@on_case()
def work(case: Case) -> ResponseReturnValue:
    """Start working on the case: searches from now on are kept in it."""
    working.take(case)
    return redirect(url_for("pages.search"))


@blueprint.post("/leave")
@requires(AccountRole.LIBRARIAN)
def leave() -> ResponseReturnValue:
    """Stop working on a case."""
    case = working.current()
    working.leave()
    return redirect(case_url(case.number) if case else url_for("desk.home"))


@blueprint.post("/cases/<number>/facts")
@on_case()
def facts(case: Case) -> ResponseReturnValue:
    """Change tier, due date, assignee and tags."""
    people = [(each.id, each.name) for each in cases.staff(session())]
    form = Facts.of(case, people)
    if not form.validate():
        raise Refused("facts-malformed")
    tier = Tier(form.tier.data)
    cases.classify(session(), case, tier, acting())
    tags = [tag.name for tag in case.tags]
    cases.retag(case, form.tag_names())
    changes = (
        ("due", case.due, form.due.data, str(form.due.data or "")),
        ("assign", case.assignee_id or 0, form.assignee.data, dict(people).get(form.assignee.data, "")),
        ("tags", tags, [tag.name for tag in case.tags], " ".join(tag.name for tag in case.tags)),
    )
    case.due, case.assignee_id = form.due.data, form.assignee.data or None
    for action, before, after, told in changes:
        if before != after:
            note(case, acting(), action, told)
    session().commit()
    return redirect(case_url(case.number, "facts"))


@blueprint.post("/cases/<number>/asker")
@on_case()
def asker(case: Case) -> ResponseReturnValue:
    """Change who asked."""
    form = Who()
    if not form.validate():
        raise Refused("asker-too-long")
    case.asker = case.asker or Asker()
    case.asker.name, case.asker.contact = form.name.data, form.contact.data
    note(case, acting(), "asker")
    session().commit()
    return redirect(case_url(case.number, "asker"))


@blueprint.post("/cases/<number>/forget-asker")
@on_case()
def forget_asker(case: Case) -> ResponseReturnValue:
    """Remove who asked, for good."""
    consequence = _("姓名与联系方式从数据库里删去，找不回来；以后不能再答复这位提问人。案卷的其余部分不变。")
    if asked := confirming.question(_("永久删去提问人资料"), consequence, case_url(case.number, "asker")):
        return asked
    cases.forget_asker(case, acting())
    letters.forget(session(), case)
    logged(case, "forget-asker")
    session().commit()
    return redirect(case_url(case.number, "asker"))


@blueprint.post("/cases/<number>/secret")
@on_case()
def renew_secret(case: Case) -> ResponseReturnValue:
    """Give whoever asked a new secret to follow the case by, and show it once: to be told to them and nobody else."""
    if case.asker is None:
        raise Refused("no-asker")
    consequence = _("先前的查询码从此无效。请核实来人就是提问人，再把新的查询码告诉他；这里只显示一次。")
    if asked := confirming.question(_("给一个新的查询码"), consequence, case_url(case.number, "asker")):
        return asked
    secret = following.secret()
    case.asker.digest = following.digest(secret)
    note(case, acting(), "secret")
    logged(case, "secret")
    session().commit()
    page = render_template("desk/secret.html", case=case, secret=secret, url=site.address_of("public.status"))
    return make_response(page, 200, NOWHERE)


@blueprint.post("/cases/<number>/notes")
@on_case()
def tell(case: Case) -> ResponseReturnValue:
    """Tell the other librarians something of the case."""
    form = Remark()
    if not form.validate():
        raise Refused("note-too-long" if form.note.data else "no-note")
    case.notes.append(Note(account_id=acting().id, text=form.note.data))
    session().commit()
    return redirect(case_url(case.number, "notes"))


@blueprint.post("/cases/<number>/move")
@on_case()
def move(case: Case) -> ResponseReturnValue:
    """Move the case to another state; signing keeps the reply, closing puts it into the base of answers."""
    doing = _chosen(Move, "move", request.form)
    if doing is None:
        raise Refused("no-such-move")
    root = site.root()
    if doing in SIGNING and not site.is_settled():
        raise Refused("no-site", root)
    if doing in (Move.SUBMIT, *SIGNING) and case.draft:
        document, read = replying.draft(case, root)
        replying.require_whole(read)
        if doing in SIGNING and request.form.get("seen") not in (None, replying.fingerprint(document)):
            raise Refused("changed-since-seen")  # sent back and submitted again while the page was open
    # The reply first: what is moved is read again, and a refusal undoes both.
    if doing in SIGNING and doing in moves(case.status, case.tier):
        replying.sign(case, acting(), root, reviewed=doing is Move.APPROVE)
    cases.move(
        session(),
        case,
        doing,
        acting(),
        request.form.get("reason", "")[:1000],
        outcome=_chosen(CaseOutcome, "outcome", request.form) or CaseOutcome.OTHER,
        duplicate_of=request.form.get("duplicate_of", "")[:20],
    )
    if doing in SIGNING:
        logged(case, doing.value)
    session().commit()
    flash(str(labels.MOVED[doing]), "done")
    if doing in (Move.CLOSE, Move.REOPEN) and not refreshed(answers(), session()):
        flash(_("案卷已改动，但答复库暂时没有更新；稍后会再试。"), "wrong")
    if doing is Move.CLOSE and working.current() is case:
        working.leave()
    return redirect(case_url(case.number))


def _may(move: Move, case: Case) -> bool:
    """Return whether the account may see a button for the move."""
    if move is not Move.APPROVE:
        return True
    account = acting()
    return account.role >= AccountRole.REVIEWER and account.id not in {each.account_id for each in case.revisions}


def _similar(case: Case) -> list[AnsweredCase]:
    """Find answered cases that are like it; none where looking takes too long, for a case can be worked without."""
    try:
        return [each for each in like(case.question, limit=4) if each.number != case.number][:3]
    except SearchTimeout:
        return []


def _annotate(each: Quotation) -> Annotate:
    return Annotate(formdata=None, heading=each.heading, stance=Stance(each.stance).value, note=each.note)


def _search(q: str, mode: Mode) -> str:
    """Return a search as the arguments of its address."""
    return page_url(SearchRequest(q=q, mode=mode)).partition("?")[2]


def _chosen(kind: type[Choice], name: str, values: object = None) -> Choice | None:
    """Return the choice that a parameter makes; None where it makes none that is known."""
    given = (request.args if values is None else request.form).get(name, "")
    return kind(given) if given in list(kind) else None
