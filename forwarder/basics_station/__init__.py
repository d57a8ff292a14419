"""The LNS protocol of Semtech's Basics Station: JSON messages over WebSocket."""
