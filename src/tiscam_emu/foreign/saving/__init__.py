"""Saving a camera on the network."""
