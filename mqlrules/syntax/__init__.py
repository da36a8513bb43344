"""Syntax: from text to a tree, and back. There is no meaning in the tree."""
