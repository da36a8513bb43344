"""Events: what a lead did, and how files and tables are read."""
