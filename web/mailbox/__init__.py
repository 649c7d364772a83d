"""The mail address of an account: letters go there once whoever reads them has said that they are theirs to read.

An account is as good without one. What is told never depends on whether an address is known already.
"""
