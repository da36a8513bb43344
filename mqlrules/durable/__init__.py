"""An engine whose leads are kept in a store: it survives crashes, restarts, several processes and new rules.

``contract`` says what a store must give, in plain values; ``sql`` is a store in SQL tables, over ``sqlite`` or
``postgres``. A ``unit`` of work is one transaction: events in, states moved, transitions out. ``engine`` is what
applications call; ``rebuilding`` and ``migration`` make leads anew from their histories.
"""
