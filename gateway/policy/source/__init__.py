"""Where policies come from, who signed them, and which one is in force."""
