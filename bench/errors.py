"""Why a figure could not be measured."""


class BenchError(Exception):
    """The measurement could not be made; the message says what stood in its way."""


class NotMeasurableError(BenchError):
    """Something that only this figure needs is missing; the others can be measured."""
