//! Listings: what a nation's picture knows beforehand, from files: satellites in orbit, launches that were announced.
//!
//! They are inputs like any other, journalled as text, so that a replay knows at each instant what was known then.

use core::fmt;

use picture::{Catalogue, Picture};
use serde::{Deserialize, Serialize};

/// A file's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Listing {
    /// Two-line element sets of satellites.
    Catalogue,
    /// Planned launches.
    Notices,
}

impl Listing {
    /// All kinds.
    pub const ALL: [Listing; 2] = [Listing::Catalogue, Listing::Notices];

    /// Its key in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Listing::Catalogue => "catalogue",
            Listing::Notices => "notices",
        }
    }

    /// Whether the text of a file can be used; else one line that says file, line and what was expected. No text at
    /// all is an empty listing.
    pub fn check(self, file: &str, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        match self {
            Listing::Catalogue => formats::read_catalogue(file, text).map(|_| ()),
            Listing::Notices => formats::read_notices(file, text).map(|_| ()),
        }
    }

    /// Tells a picture what the file lists.
    pub(crate) fn tell(self, picture: &mut Picture, file: &str, text: &str) -> Result<(), String> {
        let empty = text.is_empty();
        match self {
            Listing::Catalogue if empty => picture.set_catalogue(Catalogue::default()),
            Listing::Catalogue => picture.set_catalogue(Catalogue::new(formats::read_catalogue(file, text)?)),
            Listing::Notices if empty => picture.set_notices(Vec::new()),
            Listing::Notices => picture.set_notices(formats::read_notices(file, text)?),
        }
        Ok(())
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
