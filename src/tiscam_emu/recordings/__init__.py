"""What went over the network, in files: written while a camera runs, read to be played and looked at."""
