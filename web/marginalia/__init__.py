"""A reader's own marks on passages: a colour, and a note, for nobody else's eyes.

A mark has the permanent address of its passage, so that it is found again in an index built anew; what is gone stays
listed with its words.
"""
