//! Envelope encryption with a key that never leaves the HSM (PKCS#11).
