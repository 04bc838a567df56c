"""Feature machinery: kinds of declarations, register layout, codecs and the store."""
