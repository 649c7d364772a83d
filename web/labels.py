"""Words on pages for the codes that the program uses. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from flask_babel import LazyString, get_locale, lazy_gettext
from flask_babel import gettext as _

from corpora.manifests import collections
from corpora.model import CatalogueRecord, Localized
from search.query import MAX_CHARACTERS
from search.results import Mode, Scope, SearchError, Sort, Why

MODES = {Mode.HYBRID: lazy_gettext("混合"), Mode.EXACT: lazy_gettext("精确"), Mode.SEMANTIC: lazy_gettext("语义")}
SCOPES = {Scope.BOTH: lazy_gettext("正文与夹注"), Scope.TEXT: lazy_gettext("正文"), Scope.NOTES: lazy_gettext("夹注")}
SORTS = {
    Sort.RELEVANCE: lazy_gettext("相关度"),
    Sort.PLACE: lazy_gettext("书中次序"),
    Sort.DATE: lazy_gettext("年代"),
}
WHYS = {
    Why.EXACT: lazy_gettext("原文照字"),
    Why.FOLDED: lazy_gettext("异体同文"),
    Why.ALIAS: lazy_gettext("异名同指"),
    Why.WORDS: lazy_gettext("字词相近"),
    Why.MEANING: lazy_gettext("意思相近"),
}
FACETS = {
    "collection": lazy_gettext("专题库"),
    "work": lazy_gettext("著作"),
    "dynasty": lazy_gettext("朝代"),
    "author": lazy_gettext("作者"),
    "category": lazy_gettext("分类"),
}

ROLES = {
    "reader": lazy_gettext("读者"),
    "librarian": lazy_gettext("馆员"),
    "reviewer": lazy_gettext("审核员"),
    "administrator": lazy_gettext("管理员"),
}
_ACTIONS = {
    "account.add": lazy_gettext("新设账号"),
    "account.role": lazy_gettext("改角色"),
    "account.disable": lazy_gettext("停用账号"),
    "account.enable": lazy_gettext("启用账号"),
    "account.password": lazy_gettext("设新密码"),
    "account.invite": lazy_gettext("邀请"),
    "account.invite-to-reset": lazy_gettext("发出重设密码的链接"),
    "account.withdraw": lazy_gettext("收回链接"),
    "account.end-sessions": lazy_gettext("结束所有登录"),
    "audit.export": lazy_gettext("导出并删去旧日志"),
    "desk.forget-searches": lazy_gettext("删去旧案卷里的检索"),
    "account.accept": lazy_gettext("接受邀请"),
    "account.log-in": lazy_gettext("登录"),
    "account.log-in-failed": lazy_gettext("登录失败"),
    "account.lock": lazy_gettext("多次失败，暂停登录"),
    "account.log-out": lazy_gettext("退出"),
}
_ACCOUNT_FAILURES = {
    "login-malformed": lazy_gettext("账号须有两个以上的字母、数字、汉字，或“.”“-”“_”“@”：%(detail)s"),
    "login-taken": lazy_gettext("这个账号已经有人用了：%(detail)s"),
    "name-malformed": lazy_gettext("请写姓名，最多一百字。"),
    "password-short": lazy_gettext("密码至少 %(detail)s 个字。"),
    "password-long": lazy_gettext("密码最多 %(detail)s 个字。"),
    "password-guessed": lazy_gettext("密码太容易猜：不要含有账号，不要只用几个字。"),
    "last-administrator": lazy_gettext("%(detail)s 是唯一的管理员；请先另设一位。"),
    "invitation-used": lazy_gettext("这个链接已经用过，或已收回。"),
}
_EXPLANATIONS = {
    "not-alone": lazy_gettext("只有排除词，没有要找的词；请再加一个要找的词。"),
    "quote-unclosed": lazy_gettext("引号没有成对，已补上。"),
    "bracket-unbalanced": lazy_gettext("括号没有成对，已修补：%(detail)s"),
    "field-empty": lazy_gettext("字段后面没有内容，已略去：%(detail)s"),
    "operator-dangling": lazy_gettext("运算符缺少一边，已略去：%(detail)s"),
    "question-mark-is-wildcard": lazy_gettext("问号代表任意一字：%(detail)s"),
    "near-without-distance": lazy_gettext("NEAR 未写距离，按 %(detail)s 字计算。"),
    "near-too-far": lazy_gettext("NEAR 的距离过大，按 %(detail)s 字计算。"),
    "near-operand": lazy_gettext("NEAR 两边须是词或短语；已改为“同时出现”。"),
}
_ERRORS = {
    "query-too-long": lazy_gettext("检索式过长，最多 %(most)s 字。"),
    "query-too-complex": lazy_gettext("检索式过于复杂：%(detail)s。请减少词、括号或通配符。"),
    "wildcard-too-broad": lazy_gettext("通配符范围太大：%(detail)s。请写出至少一个字。"),
    "bad-cursor": lazy_gettext("翻页位置无效，请从第一页重新开始。"),
    "cursor-expired": lazy_gettext("索引已经更新，请从第一页重新开始。"),
}
_FAILURES = {
    400: (lazy_gettext("无法理解这个请求"), lazy_gettext("地址中的某个参数有误。请回到检索页重新检索。")),
    401: (lazy_gettext("请先登录"), lazy_gettext("登录已过期，或还没有登录。请登录后再做一次。")),
    403: (lazy_gettext("没有权限"), lazy_gettext("这一页要更高的权限，请与管理员联系。")),
    404: (
        lazy_gettext("没有这一页"),
        lazy_gettext("这部著作或卷次可能已更换编号或撤下。请从著作目录查找，或检索原文中的一句。"),
    ),
    405: (lazy_gettext("不支持这种请求方式"), lazy_gettext("请从检索页开始。")),
    410: (lazy_gettext("链接已经失效"), lazy_gettext("链接只能用一次，而且有期限。请向管理员另要一个。")),
    429: (lazy_gettext("尝试的次数太多"), lazy_gettext("请过一会儿再试。")),
    500: (lazy_gettext("程序出错"), lazy_gettext("错误已经记录，请稍后再试，或换一种方式检索。")),
    503: (lazy_gettext("暂时无法回答"), lazy_gettext("请稍后再试；若持续如此，请告知管理员。")),
}


Say = Callable[[LazyString], str]
"""What turns one of the words above into the reader's language: ``str`` on a page."""


def in_english(words: LazyString) -> str:
    """The words in English, for the command line, which has no page whose language they could follow."""
    return _english().gettext(str(words))


@cache
def _english() -> NullTranslations:
    return translation("messages", Path(__file__).parent / "translations", ["en"])


def explanation(code: str, detail: str, say: Say = str) -> str:
    """How an odd query was read; an unknown code stands for itself."""
    known = _EXPLANATIONS.get(code)
    return say(known) % {"detail": detail} if known else f"{code}: {detail}"


def search_error(failure: SearchError, say: Say = str) -> str:
    """Why a search can't be answered; an unknown code stands for itself."""
    known = _ERRORS.get(failure.code)
    return say(known) % {"detail": failure.detail, "most": MAX_CHARACTERS} if known else str(failure)


def moment(at: datetime) -> str:
    """A moment as people write it, in the time of the machine that serves."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def minutes(seconds: int) -> int:
    """Whole minutes, as people are told to wait: one too many rather than one too few."""
    return -(-seconds // 60)


def action(code: str) -> str:
    """What the audit log tells; an unknown code stands for itself."""
    return str(_ACTIONS.get(code, code))


def account_failure(code: str, detail: str, say: Say = str) -> str:
    """Why something can't be done with an account."""
    return say(_ACCOUNT_FAILURES[code]) % {"detail": detail}


def title(record: CatalogueRecord, section: str) -> str:
    """A section's title where it says more than its work's."""
    return "" if section == record.title else section


def tongue(record: CatalogueRecord) -> str:
    """The language of a work's text as browsers and screen readers know it: few of them know ``lzh``."""
    return f"zh-{record.script}"


def record(of: CatalogueRecord) -> list[tuple[str, str]]:
    """What the catalogue says of a work: the names of the fields, and their values where they are known."""
    fields = (
        (_("题名"), of.title),
        (_("朝代"), of.dynasty),
        (_("作者"), of.author),
        (_("分类"), of.category),
        (_("地点"), of.place),
        (_("年代"), of.date),
        (_("版本"), of.edition),
        (_("许可"), of.licence),
        (_("来源"), of.source),
    )
    return [(str(name), value) for name, value in fields if value]


def bad_parameter(name: str) -> str:
    """That a parameter can't be used."""
    return str(_("参数 %(name)s 的值无效。", name=name))


def expired_form() -> str:
    """That a form can't be taken: it was filled in too late, or does not come from this site."""
    return str(_("表单已经过期，请回到上一页重新填写。"))


def failure(status: int) -> tuple[str, str]:
    """The heading of an error page and what to do about it."""
    heading, help_ = _FAILURES.get(status) or _FAILURES[400 if status < 500 else 500]
    return str(heading), str(help_)


def collection_title(identifier: str) -> str:
    """A collection's title in the language of the page."""
    known = collections().get(identifier)
    if known is None:
        return str(_("本地文献")) if identifier == "local" else identifier
    return _localized(known.title)


def collection_description(identifier: str) -> tuple[str, str]:
    """A collection's description in the language of the page, and its licence; empty where it has no manifest."""
    known = collections().get(identifier)
    return (_localized(known.description), known.licence) if known else ("", "")


def _localized(text: Localized) -> str:
    return text.en if str(get_locale()) == "en" else text.zh


def facet_label(name: str, value: str, label: str) -> str:
    """What the reader sees for a filter's value."""
    return collection_title(value) if name == "collection" else label
