"""A run: from a request over files and tables to its results."""
