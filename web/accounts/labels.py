"""Words for accounts and their log. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from web.presenting.labels import Say

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
    "account.leave": lazy_gettext("注销账号"),
    "account.withdraw": lazy_gettext("收回链接"),
    "account.end-sessions": lazy_gettext("结束所有登录"),
    "audit.export": lazy_gettext("导出并删去旧日志"),
    "audit.download": lazy_gettext("下载日志"),
    "desk.sign": lazy_gettext("签发答复"),
    "desk.approve": lazy_gettext("审核并签发答复"),
    "desk.publish": lazy_gettext("公开为常见问题"),
    "desk.unpublish": lazy_gettext("不再公开"),
    "desk.forget-asker": lazy_gettext("删去提问人资料"),
    "desk.secret": lazy_gettext("给一个新的查询码"),
    "desk.export": lazy_gettext("导出答复"),
    "desk.letter": lazy_gettext("用邮件寄出答复"),
    "desk.letter-arrived": lazy_gettext("确认信已寄到"),
    "desk.letter-again": lazy_gettext("再寄一次"),
    "desk.forget-searches": lazy_gettext("删去旧案卷里的检索"),
    "erratum.accepted": lazy_gettext("采纳勘误"),
    "erratum.declined": lazy_gettext("不采纳勘误"),
    "erratum.mended": lazy_gettext("勘误已改正"),
    "erratum.forget-contact": lazy_gettext("删去勘误人的联系方式"),
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
    "password-guessed": lazy_gettext("密码太容易猜：除去其中的账号，至少还要有十个字；也不要只用几个字。"),
    "last-administrator": lazy_gettext("%(detail)s 是唯一的管理员；请先另设一位。"),
    "account-of-staff": lazy_gettext(
        "馆员的账号不能自己注销：案卷、答复和日志要能说明是谁经办的。离职时请管理员停用。"
    ),
    "invitation-used": lazy_gettext("这个链接已经用过，或已收回。"),
}


def action(code: str) -> str:
    """Return what the audit log tells; an unknown code stands for itself."""
    return str(_ACTIONS.get(code, code))


def account_failure(code: str, detail: str, say: Say = str) -> str:
    """Return why something can't be done with an account."""
    return say(_ACCOUNT_FAILURES[code]) % {"detail": detail}


def session_over() -> str:
    """Return the message that a form needs an account, and nobody is logged in any more."""
    return str(_("您现在没有登录：登录到了时限，或已在别处退出。"))


def wrong_password() -> str:
    """Return the message that logging in failed."""
    return str(_("账号或密码不对。在一处连错五次，要等一刻钟。"))
