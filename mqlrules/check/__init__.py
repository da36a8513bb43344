"""Check: names, types and literals. Gives a program and diagnostics; never raises for what an author wrote."""
