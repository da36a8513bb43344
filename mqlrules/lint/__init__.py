"""Lint: mistakes that the language allows. One file a rule, named for the mistake."""
