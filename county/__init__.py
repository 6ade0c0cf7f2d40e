"""Who and where: region tree, people, duties, devices, spots, calendar, policy; numbered revisions, check, load, diff."""
