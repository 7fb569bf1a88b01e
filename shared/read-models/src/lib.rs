//! One room per question: its table, how events become its rows, and its queries.
