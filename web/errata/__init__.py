"""Readers' reports of errors in a text: where, what stands there, what it should be; and what becomes of them.

A report changes nothing in the text, which is the edition's own. The desk has a queue of reports beside that of
questions, and whoever made one looks up its fate by its number and its secret.
"""
