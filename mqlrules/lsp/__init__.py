"""The language server: the one room that knows the editors' protocol. What it shows is made in ``mqlrules.ide``."""
