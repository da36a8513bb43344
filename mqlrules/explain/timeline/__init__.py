"""A lead's timeline, drawn: events, windows, scores, segments and stages over time.

``layout.timeline_of`` says what there is to draw, as plain data in the units of the data: microseconds, points, names.
``terminal.draw_terminal``, ``svg.draw_svg`` and ``html.draw_html`` draw it.
"""
