"""From the points of a file to a recording: joints by name, y up, metres, people of constant identity."""
