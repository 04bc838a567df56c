"""A description as nodes over a register memory: how they refer to each other, their values, and finding values."""
