"""GigE Vision bytes to frozen dataclasses and back, without state."""
