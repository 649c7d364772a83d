"""Words for saved searches. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import lazy_gettext

TROUBLES = {
    "too-many": lazy_gettext("处数太多（超过一万），不能说出哪些是新的；请加上条件再保存。"),
    "too-long": lazy_gettext("这次检索太慢，没有能比较；下次更新时再试。"),
    "by-meaning": lazy_gettext("按意思查的没有确定的处数，不能说出哪些是新的，只能再查一次。"),
    "failed": lazy_gettext("这次检索现在不能执行，请改写。"),
}
