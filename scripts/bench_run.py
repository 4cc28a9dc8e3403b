"""Runs one command to its end and prints its seconds, its CPU seconds, its peak memory in KiB and its exit code.

A process of its own and as small as it gets: the kernel counts the memory of the process that a command was forked from as
the command's own. Run it with `python3 -I -S`.
"""
import os
import sys
import time

null = os.open(os.devnull, os.O_RDWR)
began = time.perf_counter()
child = os.fork()
if child == 0:
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError:
        os._exit(127)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
