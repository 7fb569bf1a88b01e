//! What the rules should look at again.
