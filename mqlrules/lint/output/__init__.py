"""How findings are shown: one module a format, each with ``render(found)``; and how rules are explained."""
