"""Words on pages for the codes that the program uses. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import get_args

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from corpora.catalogue import FIELDS, RECORD_FIELDS, CatalogueRecord
from indexer.store.access import LOCAL
from search.collocates import CollocateUnit, Measure
from search.distribution import Division, RowOrder
from search.grams import Unit
from search.keywords import KeyMeasure
from search.model import MAX_CHARACTERS, Mode, Scope, SearchError, Sort, Why
from search.occurrences import Beside, Grouping, Order, Side
from search.parallels.model import MOST_CHARACTERS, Likeness
from search.parallels.works import WorkParallels, WorkStretch
from search.shelves import WorkOrder
from web.access import catalogue
from web.database.storage import Trouble
from web.presenting.languages import localized

MODES = {Mode.HYBRID: lazy_gettext("混合"), Mode.EXACT: lazy_gettext("精确"), Mode.SEMANTIC: lazy_gettext("语义")}
SCOPES = {Scope.BOTH: lazy_gettext("正文与夹注"), Scope.TEXT: lazy_gettext("正文"), Scope.NOTES: lazy_gettext("夹注")}
SORTS = {
    Sort.RELEVANCE: lazy_gettext("相关度"),
    Sort.PLACE: lazy_gettext("书中次序，书按编号"),
    Sort.DATE: lazy_gettext("著作年代"),
}
ORDERS = {
    Order.PLACE: lazy_gettext("书中次序"),
    Order.RIGHT: lazy_gettext("下文"),
    Order.LEFT: lazy_gettext("上文，由近及远"),
    Order.YEAR: lazy_gettext("著作年代"),
    Order.EVENT: lazy_gettext("所记之年"),
}
WORK_ORDERS = {
    WorkOrder.CLASS: lazy_gettext("专题、分类"),
    WorkOrder.TITLE: lazy_gettext("题名，依拼音"),
    WorkOrder.DATE: lazy_gettext("著作年代"),
}
GROUPINGS = {
    Grouping.WORK: lazy_gettext("著作"),
    Grouping.SECTION: lazy_gettext("篇"),
    Grouping.DYNASTY: lazy_gettext("朝代"),
    Grouping.CATEGORY: lazy_gettext("分类"),
    Grouping.YEAR: lazy_gettext("著作年代"),
    Grouping.LANGUAGE: lazy_gettext("语言"),
    Grouping.EVENT: lazy_gettext("所记之年"),
    Grouping.WORDS: lazy_gettext("字句"),
    Grouping.SPELLING: lazy_gettext("写法"),
}
VARIANT_KINDS = {
    "form": lazy_gettext("异体"),
    "japanese": lazy_gettext("日本新字形"),
    "taboo": lazy_gettext("避讳缺笔"),
    "radical": lazy_gettext("部首"),
}
LANGUAGES = {"lzh": lazy_gettext("文言"), "zh": lazy_gettext("现代文")}
SIDES = {
    Side.BOTH: lazy_gettext("前后"),
    Side.LEFT: lazy_gettext("前"),
    Side.RIGHT: lazy_gettext("后"),
}
_NEAR = {
    Side.BOTH: lazy_gettext("前后 %(num)s 字内"),
    Side.LEFT: lazy_gettext("前 %(num)s 字内"),
    Side.RIGHT: lazy_gettext("后 %(num)s 字内"),
}
UNITS = {
    Unit.CHARACTER: lazy_gettext("单字"),
    Unit.PAIR: lazy_gettext("两字"),
    Unit.TRIPLE: lazy_gettext("三字"),
    Unit.QUADRUPLE: lazy_gettext("四字"),
    Unit.WORD: lazy_gettext("词（现代文）"),
}
COLLOCATE_UNITS = {unit: UNITS[unit] for unit in get_args(CollocateUnit)}
MEASURES = {
    Measure.LOG_LIKELIHOOD: lazy_gettext("对数似然"),
    Measure.PMI: lazy_gettext("点互信息"),
    Measure.COUNT: lazy_gettext("处数"),
}
KEY_MEASURES = {
    KeyMeasure.LOG_LIKELIHOOD: lazy_gettext("对数似然"),
    KeyMeasure.LOG_RATIO: lazy_gettext("对数比"),
    KeyMeasure.COUNT: lazy_gettext("处数"),
}
ROW_ORDERS = {
    RowOrder.COUNT: lazy_gettext("处数"),
    RowOrder.FREQUENCY: lazy_gettext("每万字处数"),
    RowOrder.PLACE: lazy_gettext("书中次序、年代先后"),
}
WHYS = {
    Why.EXACT: lazy_gettext("原文照字"),
    Why.FOLDED: lazy_gettext("异体同文"),
    Why.DOUBTFUL: lazy_gettext("日期未定"),
    Why.ALIAS: lazy_gettext("异名同指"),
    Why.LOOKALIKE: lazy_gettext("形近而误"),
    Why.WRONG: lazy_gettext("误一字"),
    Why.EXTRA: lazy_gettext("衍一字"),
    Why.MISSING: lazy_gettext("脱一字"),
    Why.WORDS: lazy_gettext("字词相近"),
    Why.MEANING: lazy_gettext("意思相近"),
    Why.DATE: lazy_gettext("年份相合"),
}
LIKENESSES = {
    Likeness.EXACT: lazy_gettext("全同"),
    Likeness.NEAR: lazy_gettext("字句相近"),
    Likeness.MEANING: lazy_gettext("意思相近"),
}
_EXPLANATIONS = {
    "not-alone": lazy_gettext("只有排除词，没有要找的词；请再加一个要找的词。"),
    "quote-unclosed": lazy_gettext("引号没有成对，已补上。"),
    "bracket-unbalanced": lazy_gettext("括号没有成对，已修补：%(detail)s"),
    "field-empty": lazy_gettext("字段后面没有内容，已略去：%(detail)s"),
    "operator-dangling": lazy_gettext("运算符缺少一边，已略去：%(detail)s"),
    "question-mark-is-wildcard": lazy_gettext("问号代表任意一字：%(detail)s"),
    "near-without-distance": lazy_gettext("NEAR 或 BEFORE 未写距离，按 %(detail)s 字计算。"),
    "near-too-far": lazy_gettext("NEAR 或 BEFORE 的距离过大，按 %(detail)s 字计算。"),
    "date-read": lazy_gettext("日期读作：%(detail)s"),
    "date-by-year": lazy_gettext("日期只按年查，月日已略去：%(detail)s"),
    "not-chinese": lazy_gettext("馆藏是汉文文献：请用汉字检索，繁体、简体都可以；人名、地名也可以写拼音。"),
    "near-operand": lazy_gettext("NEAR 或 BEFORE 两边须是词或短语；已改为“同时出现”。"),
}
_ERRORS = {
    "query-too-long": lazy_gettext("检索式过长，最多 %(most)s 字。"),
    "query-too-complex": lazy_gettext("检索式过于复杂：%(detail)s。请减少词、括号或通配符。"),
    "too-many-terms": lazy_gettext("一次比较的检索式太多：%(detail)s。"),
    "wildcard-too-broad": lazy_gettext("通配符范围太大：%(detail)s。请写出至少一个字。"),
    "slip-wildcard": lazy_gettext("~ 之前须是写明的字，不能有通配符和方括号：%(detail)s"),
    "slip-length": lazy_gettext("~ 容许一字之差，所以短语须有 3 至 32 字：%(detail)s"),
    "slip-too-broad": lazy_gettext("%(detail)s~ 里的常用字太多，范围太大；请把短语写长些。"),
    "expression-sign": lazy_gettext(
        "正则表达式里不能用 %(detail)s：所查的字没有标点和空白；看前后文的、引用前面各组的也不能用。"
    ),
    "expression-malformed": lazy_gettext("正则表达式写得不全：%(detail)s"),
    "expression-too-long": lazy_gettext(
        "正则表达式可能匹配的文字太长（最多 60 字，不写上限的重复算 20 次）：%(detail)s"
    ),
    "expression-too-broad": lazy_gettext("正则表达式范围太大：%(detail)s。请写出至少一个必有的字。"),
    "text-too-long": lazy_gettext("文字过长：%(detail)s 字，最多 %(longest)s 字。"),
    "place-gone": lazy_gettext("没有这个地址：%(detail)s"),
    "no-such-collection": lazy_gettext("没有这个专题库：%(detail)s"),
    "takes-a-job": lazy_gettext("要读 %(detail)s 字，一次请求里比不完；请在“两部著作相比”的页上开始，或用命令行。"),
    "no-such-work": lazy_gettext("没有这部著作或专题库：%(detail)s"),
    "date-unreadable": lazy_gettext(
        "读不出日期：%(detail)s。可写 1122、1115..1123、天輔六年、大定年間、壬寅、公元前140年；"
        "起讫两端各须只有一解：一个年号属几国的，前加国名（金大安元年）。"
    ),
    "bad-cursor": lazy_gettext("翻页位置无效，请从第一页重新开始。"),
    "cursor-expired": lazy_gettext("索引已经更新，请从第一页重新开始。"),
}
_NAMED = 5
"""Works that the title of a map names."""
_FAILURES = {
    400: (lazy_gettext("无法理解这个请求"), lazy_gettext("地址中的某个参数有误。请回到检索页重新检索。")),
    401: (lazy_gettext("请先登录"), lazy_gettext("登录已过期，或还没有登录。请登录后再做一次。")),
    403: (lazy_gettext("没有权限"), lazy_gettext("这一页要更高的权限，请与管理员联系。")),
    404: (
        lazy_gettext("没有这一页"),
        lazy_gettext("这部著作或卷次可能已更换编号或撤下。请从著作目录查找，或检索原文中的一句。"),
    ),
    405: (lazy_gettext("不支持这种请求方式"), lazy_gettext("请从检索页开始。")),
    409: (lazy_gettext("没有做成"), lazy_gettext("请回到原页，看过现在的样子再做。")),
    410: (lazy_gettext("链接已经失效"), lazy_gettext("链接只能用一次，而且有期限。请向管理员另要一个。")),
    413: (
        lazy_gettext("发送的内容太长"),
        lazy_gettext("没有保存。请用浏览器的“后退”回到原页，文字还在那里；删短些，或分几次保存。"),
    ),
    421: (
        lazy_gettext("这里不以这个名称应答"),
        lazy_gettext("请用本站的网址访问。管理员可以在配置的 hosts 里加上这个名称。"),
    ),
    429: (lazy_gettext("尝试的次数太多"), lazy_gettext("请过一会儿再试。")),
    500: (lazy_gettext("程序出错"), lazy_gettext("错误已经记录，请稍后再试，或换一种方式检索。")),
    503: (lazy_gettext("暂时无法回答"), lazy_gettext("请稍后再试；若持续如此，请告知管理员。")),
}


_KEPT_BY_ITS_NAME = (401, 403, 429)
"""Failures whose heading says what the sender of a form is to do."""
_TROUBLES = {
    Trouble.BUSY: lazy_gettext("数据库正忙，等了几秒仍没有轮到。"),
    Trouble.FULL: lazy_gettext("服务器的磁盘满了，请告知管理员。"),
    Trouble.GONE: lazy_gettext("现在读写不了数据库，请告知管理员。"),
    Trouble.OTHER: lazy_gettext("数据库没有接受，原因已经记录，请告知管理员。"),
}
_INDEX_TROUBLES = {
    "index-unreachable": lazy_gettext(
        "现在连不上存放文献的机群，检索和阅读暂停；咨询台照常可用。机群恢复之后，本站随即恢复。"
    ),
    "index-incomplete": lazy_gettext(
        "存放文献的机群只有一部分作答；只凭一部分算出来的结果不可靠，所以没有作答。请稍后再试。"
    ),
    "index-changed": lazy_gettext("索引刚刚更新，这次检索没有做完；请再试一次。"),
}
_FIELDS = {
    "text": lazy_gettext("答复"),
    "preview": lazy_gettext("只预览"),
    "question": lazy_gettext("问题"),
    "name": lazy_gettext("姓名"),
    "contact": lazy_gettext("联系方式"),
    "note": lazy_gettext("附注"),
    "heading": lazy_gettext("标题"),
    "stance": lazy_gettext("正反"),
    "tags": lazy_gettext("标签"),
    "tier": lazy_gettext("类别"),
    "due": lazy_gettext("期限"),
    "assignee": lazy_gettext("经办人（编号）"),
    "move": lazy_gettext("改为"),
    "reason": lazy_gettext("缘由"),
    "work": lazy_gettext("著作"),
    "section": lazy_gettext("第几篇"),
    "range": lazy_gettext("起止"),
    "query": lazy_gettext("检索式"),
    "first": lazy_gettext("起于"),
    "last": lazy_gettext("止于"),
    "step": lazy_gettext("移动"),
    "title": lazy_gettext("名称"),
    "number": lazy_gettext("编号"),
    "outcome": lazy_gettext("怎样结案"),
    "duplicate_of": lazy_gettext("与哪一案重复"),
    "doing": lazy_gettext("做什么"),
    "account": lazy_gettext("账号（编号）"),
    "role": lazy_gettext("角色"),
    "login": lazy_gettext("账号"),
    "next": lazy_gettext("然后去"),
    "password": lazy_gettext("密码"),
    "again": lazy_gettext("再写一遍新密码"),
    "current": lazy_gettext("现在的密码"),
    "secret": lazy_gettext("链接的密码"),
    "q": lazy_gettext("文字"),
    "least": lazy_gettext("至少相同"),
    "likeness": lazy_gettext("只看"),
    "with": lazy_gettext("只在"),
    "limit": lazy_gettext("每页几条"),
}
"""Fields of forms, as a page calls them that holds any form."""
_ACTS = {
    "pages.parallels": lazy_gettext("查互见"),
    "pages.parallels_sheet": lazy_gettext("下载互见的表"),
    "pages.begin_work_parallels": lazy_gettext("开始比较"),
    "jobs.cancel": lazy_gettext("取消或删去一件任务"),
    "public.ask": lazy_gettext("向图书馆提问"),
    "desk.enter": lazy_gettext("录入问题"),
    "desk.save_reply": lazy_gettext("保存答复"),
    "desk.drop_autosave": lazy_gettext("丢掉自动存下的一稿"),
    "desk.move": lazy_gettext("改动案卷的状态"),
    "desk.facts": lazy_gettext("改动案情"),
    "desk.asker": lazy_gettext("改动提问人资料"),
    "desk.forget_asker": lazy_gettext("永久删去提问人资料"),
    "desk.renew_secret": lazy_gettext("给一个新的查询码"),
    "desk.work": lazy_gettext("办这份案卷"),
    "desk.leave": lazy_gettext("放下案卷"),
    "desk.quote": lazy_gettext("把一段加入案卷"),
    "desk.annotate": lazy_gettext("改动引文的附注"),
    "desk.trim": lazy_gettext("截取引文"),
    "desk.shift": lazy_gettext("移动引文"),
    "desk.shift_heading": lazy_gettext("移动一组引文"),
    "desk.withdraw": lazy_gettext("撤去引文"),
    "desk.restore": lazy_gettext("恢复引文"),
    "public.status": lazy_gettext("查看我的提问"),
    "desk.tell": lazy_gettext("给馆员留言"),
    "desk.add_text": lazy_gettext("加常用语"),
    "desk.change_text": lazy_gettext("改常用语"),
    "desk.remove_text": lazy_gettext("删去常用语"),
    "desk.write": lazy_gettext("用邮件寄出答复"),
    "desk.arrived": lazy_gettext("确认信已寄到"),
    "desk.again": lazy_gettext("再寄一次"),
    "desk.publish": lazy_gettext("公开为常见问题"),
    "desk.unpublish": lazy_gettext("不再公开"),
    "accounts.log_in": lazy_gettext("登录"),
    "accounts.log_out": lazy_gettext("退出"),
    "accounts.own": lazy_gettext("改密码"),
    "accounts.invitation": lazy_gettext("设立账号或设新密码"),
    "administration.accounts": lazy_gettext("改动账号"),
}
"""Labels of the actions of these endpoints' forms."""


Say = Callable[[LazyString], str]
"""A function that turns one of the words above into the reader's language: ``str`` on a page."""


def in_english(words: LazyString) -> str:
    """Return the words in English, for the command line, which has no page whose language they could follow."""
    return _english().gettext(str(words))


@cache
def _english() -> NullTranslations:
    return translation("messages", Path(__file__).parents[1] / "translations", ["en"])


def explanation(code: str, detail: str, say: Say = str) -> str:
    """Return how an odd query was read; an unknown code is its own label."""
    known = _EXPLANATIONS.get(code)
    return say(known) % {"detail": detail} if known else f"{code}: {detail}"


def search_error(failure: SearchError, say: Say = str) -> str:
    """Return why a search can't be answered; an unknown code is its own label."""
    known = _ERRORS.get(failure.code)
    told = {"detail": failure.detail, "most": MAX_CHARACTERS, "longest": MOST_CHARACTERS}
    return say(known) % told if known else str(failure)


def near(beside: Beside) -> str:
    """Return where words must stand near an occurrence."""
    said = str(_NEAR[beside.side] % {"num": beside.distance})
    return str(_("%(near)s有词", near=said)) if beside.word else said


def whole_words() -> str:
    """Return what the condition is called that an occurrence is a word."""
    return str(_("整词"))


def in_modern_text() -> str:
    """Return where occurrences may be words."""
    return str(_("现代文正文"))


def group_label(grouping: Grouping, label: str) -> str:
    """Return what readers see of a group of texts, by its label."""
    return str(LANGUAGES.get(label, label)) if grouping is Grouping.LANGUAGE else label


def divisions() -> dict[Grouping, LazyString]:
    """Return the names of the groupings that divide texts."""
    return {each: GROUPINGS[each] for each in get_args(Division)}


def bar(group: str, term: str, count: int, frequency: float) -> str:
    """Return what a bar of a chart says."""
    return str(
        _("%(group)s：%(term)s %(num)s 处，每万字 %(per)s", group=group, term=term, num=count, per=f"{frequency:.2f}")
    )


def chart(terms: Sequence[str], grouping: Grouping, in_strip: bool, groups: int) -> tuple[str, str]:
    """Return title and description of a distribution's chart."""
    title = _("%(terms)s：按%(name)s的分布", terms="、".join(terms), name=GROUPINGS[grouping])
    drawn = (
        _("长条图：%(num)s 篇依次排列，宽是字数，高是每万字处数；数据见表。", num=groups)
        if in_strip
        else _("条形图：表中前 %(num)s 项，长是每万字处数；数据见表。", num=groups)
    )
    return str(title), str(drawn)


def timeline(terms: Sequence[str], is_relative: bool, years: int) -> tuple[str, str]:
    """Return title and description of one chart of a timeline."""
    title = (
        _("%(terms)s：各年每万字处数", terms="、".join(terms))
        if is_relative
        else _("%(terms)s：各年处数", terms="、".join(terms))
    )
    return str(title), str(_("时间线：有处数的 %(num)s 年，横为所记之年；数据见表。", num=years))


def occurrences() -> str:
    """Return what the absolute numbers of a chart are."""
    return str(_("处数"))


def per_characters() -> str:
    """Return what the relative numbers of a chart are."""
    return str(_("每万字处数"))


def reads_there(words: str) -> str:
    """Return what stands elsewhere in the place of what is marked."""
    return str(_("那里作 %(words)s", words=words))


def reads_here(words: str) -> str:
    """Return what the text asked for has in the place of what is marked."""
    return str(_("所问作 %(words)s", words=words))


def stretch(of: WorkStretch) -> str:
    """Return what a dot of a map of stretches says."""
    places = [f"{place.work.record.title} {place.section} {place.page}".rstrip() for place in (of.here, of.there)]
    return str(_("%(here)s＝%(there)s：%(num)s 字", here=places[0], there=places[1], num=of.agreements.same))


def stretch_map(of: WorkParallels, drawn: int) -> tuple[str, str]:
    """Return title and description of a map of stretches."""
    if of.request.collection:
        title = _("%(collection)s各书相同之处的位置", collection=collection_title(of.request.collection))
        described = _("散点图：%(num)s 段，横、纵都是各书依次从头算起的字数；数据见表。", num=drawn)
    else:
        others = "、".join(card.record.title for card in of.among[:_NAMED])
        others += "…" if len(of.among) > _NAMED else ""
        title = _("%(work)s与%(others)s相同之处的位置", work=of.works[0].record.title, others=others)
        described = _("散点图：%(num)s 段，横为前者、纵为后者从头算起的字数；数据见表。", num=drawn)
    return str(title), str(described)


def no_value(grouping: Grouping) -> str:
    """Return what stands for the group of what has no value of a grouping."""
    return str(_("（上文没有年份）") if grouping is Grouping.EVENT else _("（没有著录）"))


def minutes(seconds: int) -> int:
    """Return whole minutes, as people are told to wait: one too many rather than one too few."""
    return -(-seconds // 60)


def title(record: CatalogueRecord, section: str) -> str:
    """Return a section's title where it says more than its work's."""
    return "" if section == record.title else section


def tongue(record: CatalogueRecord) -> str:
    """Return the language of a work's text as browsers and screen readers know it: few of them know ``lzh``."""
    return f"zh-{record.script}"


def record(of: CatalogueRecord) -> list[tuple[str, str]]:
    """Return what the catalogue says of a work: the names of the fields, and their values where they are known."""
    shown = [(localized(field.label), field.text(of)) for field in RECORD_FIELDS if field.shown]
    return [(name, value) for name, value in shown if value]


def catalogue_field(name: str) -> str:
    """Return what pages call a field of the catalogue."""
    return localized(FIELDS[name].label)


def queried_fields() -> list[tuple[str, str, str]]:
    """Return the fields that a query can name: what pages call each, its name, and its Chinese names, as a list."""
    return [(localized(each.label), each.name, "、".join(each.names)) for each in FIELDS.values() if each.names]


def bad_parameter(name: str) -> str:
    """Return the message that a parameter can't be used."""
    return str(_("参数 %(name)s 的值无效。", name=name))


def search_timeout() -> str:
    """Return the message that a search was given up."""
    return str(_("检索用时太久，已经停下，什么也没有计算。请用更具体的词，或先选定专题、著作。"))


def index_trouble(code: str) -> str:
    """Return why the index can't answer now."""
    return str(_INDEX_TROUBLES[code])


def expired_form(without_referrer: bool = False) -> str:
    """Return the message that a form can't be taken: it is of another session, or its origin is not known."""
    if without_referrer:
        return str(_("浏览器没有说明这张表单来自本站的哪一页，或说的不是本站；请允许它对本站发送来源（Referer）。"))
    return str(_("打开这张表单之后，这个浏览器里的登录换过或结束过，表单已经失效。"))


def database_trouble(why: Trouble) -> str:
    """Return why the database can't be used."""
    return str(_TROUBLES[why])


def kept_form(status: int) -> tuple[str, str]:
    """Return the heading of a page that holds a form which could not be taken, and what to do about it."""
    heading = failure(status)[0] if status in _KEPT_BY_ITS_NAME else str(_("还没有做成"))
    return heading, str(_("所写的都在下面，一字未失，但还没有保存；可以先复制一份。看过之后，用下面的按钮再发送。"))


def field(name: str) -> str:
    """Return what people call a field of a form; an unknown one is its own label."""
    return str(_FIELDS.get(name, name))


def act(endpoint: str) -> str:
    """Return what the forms of an endpoint do; an unknown one is its own label."""
    return str(_ACTS.get(endpoint, endpoint))


def failure(status: int) -> tuple[str, str]:
    """Return the heading of an error page and what to do about it."""
    heading, help_ = _FAILURES.get(status) or _FAILURES[400 if status < 500 else 500]
    return str(heading), str(help_)


def collection_title(identifier: str) -> str:
    """Return a collection's title in the language of the page."""
    known = catalogue().collections.get(identifier)
    if known is None:
        return str(_("本地文献")) if identifier == LOCAL else identifier
    return localized(known.title)


def collection_description(identifier: str) -> tuple[str, str]:
    """Return a collection's description in the page's language, and its licence; empty without a manifest."""
    known = catalogue().collections.get(identifier)
    return (localized(known.description), known.licence) if known else ("", "")


def facet_label(name: str, value: str, label: str) -> str:
    """Return the label of a filter's value."""
    return collection_title(value) if name == "collection" else label
