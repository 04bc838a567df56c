"""What lies on the disk: descriptions and register images, read strictly and tried in a process of their own."""
