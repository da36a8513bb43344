"""The tests in rule files (section 9): running them, what they have seen of the rules, which changes they notice."""
