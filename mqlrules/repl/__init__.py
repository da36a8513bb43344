"""The interactive session: rules and events in memory, questions and changes typed one after the other.

A *session* is a plain value: the rules as they stand, what they were when they were loaded, the events, and the instant
that is looked at. What is typed is read (``reading``), answered (``answers``) or joined to the rules (``changes``), or
it is a command (``commands``); each gives a reply and the next session. Nothing here but ``prompt`` knows a terminal
that is typed at; ``script`` runs the same from a pipe.
"""
