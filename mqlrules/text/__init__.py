"""Text: sources, spans, diagnostics. Positions are offsets; lines and columns are computed when they are shown."""
