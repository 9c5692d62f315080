"""How much memory a process took, for tests that measure it in a process of their own."""

PEAK = "int(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
"""An expression: the peak in KiB.

What `getrusage` says is at least what the process held that started it, before the other one ran.
"""
