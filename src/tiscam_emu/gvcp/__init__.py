"""The control channel's engine: commands in, acknowledges and effects out, no I/O."""
