"""What would keep clients from seeing cameras on this computer, or from receiving their frames."""
