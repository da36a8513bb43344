"""Explaining: what rules say, in plain English."""
