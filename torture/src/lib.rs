//! What the journal must survive, tried for real: power cuts under SQLite itself, and `kill -9` of running nodes.

pub mod cuts;
pub mod disk;
pub mod kills;
pub mod ledger;
pub mod random;
pub mod real_disk;
pub mod vfs;
