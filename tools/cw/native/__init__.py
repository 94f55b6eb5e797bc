"""`./cw bench --host=linux`: Causeway and its peers, measured in turns, as ratios."""
