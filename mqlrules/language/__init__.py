"""The vocabulary: one record for each test, aggregate, restriction and unit, with its meaning as a plain function."""
