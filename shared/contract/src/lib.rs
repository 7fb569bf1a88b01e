//! What is stored and sent: the events' JSON, upcasts, subjects and envelopes.
