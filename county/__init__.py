"""Who and where: regions, people, duties, devices, spots, policy, calendar, in numbered revisions."""
