"""The carriers' protocols without input or output: bytes in, events out; calls in, bytes out; the time is an argument."""
