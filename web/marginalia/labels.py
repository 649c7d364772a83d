"""Words for marks. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import lazy_gettext

from web.marginalia.models import Colour

COLOURS = {
    Colour.YELLOW: lazy_gettext("黄"),
    Colour.GREEN: lazy_gettext("绿"),
    Colour.BLUE: lazy_gettext("蓝"),
    Colour.RED: lazy_gettext("红"),
}
