//! Read side: HTTP queries, exports and the live stream.
