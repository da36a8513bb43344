"""Engines: a plan or a program, and events, to transitions. Each has the same meaning; the reference decides."""
