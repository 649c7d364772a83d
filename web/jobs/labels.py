"""Words for jobs. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import lazy_gettext

from search.model import SearchError
from web.jobs.models import JobState
from web.jobs.queue import JobLimits, JobRefused
from web.presenting import labels

STATES = {
    JobState.QUEUED: lazy_gettext("等候"),
    JobState.RUNNING: lazy_gettext("进行中"),
    JobState.DONE: lazy_gettext("完成"),
    JobState.FAILED: lazy_gettext("没有做成"),
    JobState.CANCELLED: lazy_gettext("已取消"),
}
_REASONS = {
    "too-long": lazy_gettext("用了超过 %(minutes)s 分钟，停下了；请少选几部书，或加大至少连续相同的字数。"),
    "too-large": lazy_gettext("结果太多，超过 %(megabytes)s 兆字节；请少选几部书，或加大至少连续相同的字数。"),
    "crashed": lazy_gettext("有一步几次都没有做完，停下了；请告诉管理员。"),
    "index": lazy_gettext("索引读不出来；请告诉管理员。"),
    "internal": lazy_gettext("程序出错；请告诉管理员。"),
}
_REFUSALS = {
    "off": lazy_gettext("本站不做这样费时的任务；请用命令行。"),
    "each": lazy_gettext("您已有 %(each)s 件任务，不能再添；请先等一件做完，或在“我的任务”里取消、删去一件。"),
    "all": lazy_gettext("现在要做的太多，请过一会儿再来。"),
    "often": lazy_gettext("这一小时里要得太多，请过 %(minutes)s 分钟再来。"),
}


def reason(of: str, limits: JobLimits) -> str:
    """Return why a job failed, by the code that stands in the database."""
    code, _, detail = of.partition(" ")
    told = {"minutes": round(limits.seconds / 60), "megabytes": limits.size >> 20}
    return str(_REASONS[code]) % told if code in _REASONS else labels.search_error(SearchError(code, detail))


def refusal(of: JobRefused, limits: JobLimits) -> str:
    """Return why a job was not taken."""
    return str(_REFUSALS[of.code]) % {"each": limits.each, "minutes": labels.minutes(of.wait)}
