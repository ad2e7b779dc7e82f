//! Who speaks, and in which realm.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// A nation by its three letters (ISO 3166-1 alpha-3, lower case), such as `jpn`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nation([u8; 3]);

impl Nation {
    /// The three letters.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("???")
    }
}

/// A text that names no nation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a nation; expected three lower-case letters such as `jpn`")]
pub struct NotANation(pub String);

impl FromStr for Nation {
    type Err = NotANation;
    fn from_str(text: &str) -> Result<Self, NotANation> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_lowercase()) => {
                Ok(Nation([*a, *b, *c]))
            }
            _ => Err(NotANation(text.chars().take(32).collect())),
        }
    }
}

impl TryFrom<String> for Nation {
    type Error = NotANation;
    fn try_from(text: String) -> Result<Self, NotANation> {
        text.parse()
    }
}

impl From<Nation> for String {
    fn from(nation: Nation) -> String {
        nation.as_str().to_owned()
    }
}

impl fmt::Display for Nation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Nation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `live`, or one named exercise. It is part of each key and of each signature's context, never a flag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Realm {
    /// The real thing.
    Live,
    /// One exercise by its name: lower-case letters, digits and hyphens.
    Exercise(String),
}

impl Realm {
    /// The external data under every signature: `watchfire/v1/live` or `watchfire/v1/exercise/NAME`.
    pub fn external_aad(&self) -> Vec<u8> {
        format!("watchfire/v1/{self}").into_bytes()
    }

    /// A word for host names and cookies: `live` or `exercise-NAME`.
    pub fn slug(&self) -> String {
        self.to_string().replace('/', "-")
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Realm::Live => f.write_str("live"),
            Realm::Exercise(name) => write!(f, "exercise/{name}"),
        }
    }
}

/// A text that names no realm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a realm; expected `live` or `exercise/NAME` with a NAME of lower-case letters, digits and hyphens"
)]
pub struct NotARealm(pub String);

impl FromStr for Realm {
    type Err = NotARealm;
    fn from_str(text: &str) -> Result<Self, NotARealm> {
        let refused = || NotARealm(text.chars().take(80).collect());
        if text == "live" {
            return Ok(Realm::Live);
        }
        let name = text.strip_prefix("exercise/").ok_or_else(refused)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
            return Err(refused());
        }
        Ok(Realm::Exercise(name.to_owned()))
    }
}

impl TryFrom<String> for Realm {
    type Error = NotARealm;
    fn try_from(text: String) -> Result<Self, NotARealm> {
        text.parse()
    }
}

impl From<Realm> for String {
    fn from(realm: Realm) -> String {
        realm.to_string()
    }
}
