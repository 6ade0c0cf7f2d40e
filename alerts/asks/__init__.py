"""The steps aside: who may ask, who decides; the office of the staff; the fairness log."""
