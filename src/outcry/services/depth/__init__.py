"""Depth: facts in, public changes of the books out."""
