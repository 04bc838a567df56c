"""Declarations and layout in, GenICam XML out."""
