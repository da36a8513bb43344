"""Readers: files and tables to events, one file a format."""
