//! Bodies, feeds, heads, receipts, sessions, roster: Released<T> out, Verified<T> in.
