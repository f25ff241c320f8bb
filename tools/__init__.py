"""Tools of the people who make the course; nothing here is installed with the library."""
