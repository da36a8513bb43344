"""The persistent engine: its leads are kept in a store and survive crashes, restarts, several processes and new rules.

``rows`` are the records that a store keeps; ``store`` reads and writes them over a ``database``, ``sqlite`` or
``postgres``. A ``unit_of_work`` takes events and moves leads within one transaction; ``rebuilding`` and ``migration``
make leads again from their histories. ``engine`` is what applications call.
"""
