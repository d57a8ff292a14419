"""The end takes no longer than this, whatever hangs: a chip, a disk, a thread that the interpreter would wait for."""

import contextlib
import faulthandler
import os
import threading
import time

from gateway.exit_status import ExitStatus

# Five seconds are promised.
END_WITHIN_S, TELL_WITHIN_S = 4.4, 0.3
STANDARD_ERROR = 2
FORCED = b'{"event": "the end is forced: something hangs", "level": "error"}\n'


class Deadline:
    """From `begin` on the process has `within_s` to end; then it is ended with `status`, and says where it hung."""

    def __init__(self, within_s: float = END_WITHIN_S) -> None:
        self.status = ExitStatus.OK
        self._within_s = within_s
        # Started now, and told through a pipe: a signal's handler may neither start a thread nor take a lock.
        self._told, self._tell = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._tell, False)
        threading.Thread(target=self._wait, name="deadline", daemon=True).start()

    def begin(self) -> None:
        """The end has begun. Only the first call counts; a signal's handler may call it."""
        with contextlib.suppress(BlockingIOError):  # told so often that the pipe is full
            os.write(self._tell, b"!")

    def _wait(self) -> None:
        os.read(self._told, 1)
        time.sleep(self._within_s)
        # By another thread: standard error may be what hangs, or be gone.
        told = threading.Thread(target=_tell_what_hangs, name="what hangs", daemon=True)
        told.start()
        told.join(TELL_WITHIN_S)
        os._exit(self.status)


def _tell_what_hangs() -> None:
    with contextlib.suppress(OSError):
        os.write(STANDARD_ERROR, FORCED)
        faulthandler.dump_traceback(STANDARD_ERROR, all_threads=True)
