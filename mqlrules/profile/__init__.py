"""What the events of a file look like: names, properties and their values."""
