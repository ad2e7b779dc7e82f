//! TryFrom doors (being written).
/// placeholder
pub struct Malformed;
