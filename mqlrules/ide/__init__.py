"""What editors and prompts show of rule texts, as plain data: kinds of tokens, completions, explanations, places."""
