"""Who and where: regions, people, duties, devices, spots, calendar, policy, in numbered revisions."""
