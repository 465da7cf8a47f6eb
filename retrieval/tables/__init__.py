"""Tables from cells: headers, units, continued parts, row paths."""
