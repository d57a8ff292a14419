"""Why a source cannot be imported at all."""


class ImportRefusedError(Exception):
    """Nothing can be made of it; the text names the file, the place in it and the remedy, on one line."""
