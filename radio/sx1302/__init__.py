"""The Semtech SX1302/SX1303 as seen by its host: registers, start-up, reception."""
