"""Semtech's UDP protocol between gateway and network server, version 2."""
