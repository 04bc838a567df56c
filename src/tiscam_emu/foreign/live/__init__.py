"""What clients read and write of a foreign camera, and what comes of it in the camera that acts."""
