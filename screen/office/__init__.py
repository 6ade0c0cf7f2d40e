"""What named persons do at a desk: the queue and its cases, papers, silences, the fairness log, citizens' reports."""
