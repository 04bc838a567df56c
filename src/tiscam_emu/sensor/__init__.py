"""The image sensor: from the light of a scene to the bytes of a frame, in pure numpy."""
