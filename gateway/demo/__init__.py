"""The whole path without hardware: a simulated air and chip, the daemon, and a network server's end."""
