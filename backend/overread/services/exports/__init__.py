"""Labels out: what stands on each film, in the formats that other tools read, with where each word came from."""
