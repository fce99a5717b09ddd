//! Frames, calls, exceptions, generators, interrupts; implements `Host`.
