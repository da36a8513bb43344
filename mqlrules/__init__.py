"""mqlrules: a small language and engine for deciding when a lead is qualified."""
