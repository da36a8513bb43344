"""Text: sources, spans, diagnostics. Knows offsets; lines and columns exist only when something is shown."""
