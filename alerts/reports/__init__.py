"""What people report: patrols, citizens, orders from above; the reporter sealed, the reward booked."""
