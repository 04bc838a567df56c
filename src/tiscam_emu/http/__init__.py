"""The bench over HTTP: cameras that any program can hold, and a page that shows them."""
