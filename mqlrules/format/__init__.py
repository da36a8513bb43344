"""The standard format of rule files."""
