"""Programs of the configuration, run with a time limit, without a shell, and with an environment that says nothing."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

import msgspec

TIMEOUT_S = 60.0
MOST_OUTPUT_BYTES = 64 * 1024
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


class CommandResult(msgspec.Struct, frozen=True):
    """What a program wrote, as far as it is kept; `error` says what went wrong, else it is empty."""

    stdout: bytes = b""
    stderr: bytes = b""
    error: str = ""


async def run_command(argv: Sequence[str], stdin: bytes, timeout_s: float = TIMEOUT_S) -> CommandResult:
    """Run a program to its end, or kill it and what it started when its time is over."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
            start_new_session=True,
        )
    except OSError as error:
        return CommandResult(error=f"{argv[0]}: {error.strerror}")
    try:
        async with asyncio.timeout(timeout_s):
            stdout, stderr, _ = await asyncio.gather(
                _kept(process.stdout), _kept(process.stderr), _feed(process.stdin, stdin)
            )
            status = await process.wait()
    except TimeoutError:
        return CommandResult(error=f"it was killed after {timeout_s:g} s")
    finally:
        # Whatever it left running too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return CommandResult(stdout, stderr, f"exit status {status}" if status else "")


async def _kept(stream: asyncio.StreamReader | None) -> bytes:
    """The beginning of what comes; the rest is read and thrown away."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(MOST_OUTPUT_BYTES)):
        kept += piece[: MOST_OUTPUT_BYTES - len(kept)]
    return bytes(kept)


async def _feed(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    if stream is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(data)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
