"""The base of every exception that mqlrules raises on purpose."""


class Error(Exception):
    """The base of every exception raised on purpose. Each subclass also has a built-in base, such as ``ValueError``."""
