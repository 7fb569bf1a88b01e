//! What may happen and what it means: pure, no I/O, no clock, no randomness.
