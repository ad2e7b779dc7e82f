//! Label, rule, Released<T>: what each partner may see.
