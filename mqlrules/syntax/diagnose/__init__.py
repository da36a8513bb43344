"""Slips: what people write when they mean something else. One file a subject, one small function a mistake."""
