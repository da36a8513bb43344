"""The interactive session: rules and events in memory, questions and changes typed one after the other.

A *session* is a plain value: the current rules, what they were when they were loaded, the events, and the instant to
look at. What is typed is read (``reading``), then answered (``answers``), joined to the rules (``changes``) or run as a
command (``commands``); each gives a reply and the next session. Only ``prompt`` knows the terminal; ``script`` does the
same from a pipe.
"""
