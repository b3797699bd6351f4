"""Becomes another program after the last preparations that only the child itself can make.

Run as a file of its own (``python -I -S launch.py …``) instead of a ``preexec_fn``: code between
``fork`` and ``exec`` is unsafe in a process with threads, and newer Pythons warn about it.

The order matters. The user is changed first, because the kernel forgets the parent-death signal
when the user changes; the signal is asked for next; then the parent is looked at once more,
because it may have died before the kernel was asked.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: ``PR_SET_PDEATHSIG`` of Linux's ``prctl``.
SET_PARENT_DEATH_SIGNAL = 1

#: Signals that the new program must find in their original state: Python ignores two of them at
#: its own start, and a shell that starts something with ``&`` lets it ignore others.
RESTORED = ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def main(arguments: list[str]) -> None:
    """Change the user, tie this process to its parent, and become the program.

    Args:
        arguments: ``PARENT SIGNAL USER GROUP PROGRAM [WORD…]``: the parent's process id, the
            number of the signal to get when it dies, the numbers of user and group (or ``-``
            to stay who we are), the absolute path of the program and its words.

    Raises:
        OSError: the user cannot be changed or the program cannot be started.
    """
    parent, death_signal, user, group, *command = arguments
    if user != "-":
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))

    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(SET_PARENT_DEATH_SIGNAL, int(death_signal), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != int(parent):
        sys.exit("the parent process ended before its child had started")

    for name in RESTORED:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(command[0], command)  # noqa: S606 - that is the purpose; there is no shell


if __name__ == "__main__":
    main(sys.argv[1:])
