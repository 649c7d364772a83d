"""Dates of the Chinese calendar: a table of eras, what people type, and where dates stand in a text.

Years are western ones, as astronomers count them: 0 is 1 BC. A year of an era is the western year in which most of it
falls; its last weeks lie in the January and February of the next one. Days are not converted to the western calendar.
"""
