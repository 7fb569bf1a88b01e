//! The runtime that feeds the read models from the bus, and rebuilds them from the log.
