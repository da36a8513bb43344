"""The one layout of rule files: ``formatter`` says how it comes about."""
