"""GigE Vision streaming: packets, pacing and resends, without sockets or clocks."""
