"""Stand-in."""

import unicodedata
from functools import lru_cache

import numpy as np
from opencc import OpenCC


@lru_cache(1)
def table():
    t = np.zeros(0x110000, np.uint32)
    cc = OpenCC("t2s")
    for c in range(0x20, 0x110000):
        ch = chr(c)
        if 0xD800 <= c < 0xE000:
            continue
        if ch in "〓□":
            t[c] = c
            continue
        if unicodedata.category(ch)[0] in "ZPCSM":
            continue
        n = unicodedata.normalize("NFKC", ch)
        if len(n) == 1:
            ch = n
        if c >= 0x3400:
            s = cc.convert(ch)
            if len(s) == 1:
                ch = s
        ch = ch.lower()
        t[c] = ord(ch[0])
    return t


def fold_array(c):
    f = table()[c]
    k = np.flatnonzero(f)
    return f[k], k.astype(np.uint32)


def fold(s):
    a = np.frombuffer(s.encode("utf-32-le", "replace"), dtype="<u4")
    return fold_array(a)[0].astype("<u4").tobytes().decode("utf-32-le")


def fingerprint():
    return "standin"
