"""Plan: the evaluation tree. Windows are no nodes here: every leaf is an aggregate over a visible interval."""
