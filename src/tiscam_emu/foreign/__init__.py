"""Cameras by a description that is not ours: a real camera's GenICam XML, alone or with its registers."""
