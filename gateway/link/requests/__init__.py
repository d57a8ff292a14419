"""What operators and depositors ask of the gateway, and how each of them is answered."""
