"""Saved searches that tell what is new (定题服务): on their page, and by an Atom feed.

What is new is known exactly (:mod:`web.alerts.novelty`) and never more than the account of their owner may see wherever
it is used from: what the library's own rooms alone may read is told by no feed.
"""
