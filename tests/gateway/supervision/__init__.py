"""What watches over the gateway."""
