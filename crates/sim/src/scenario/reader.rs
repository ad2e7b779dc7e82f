//! Reads values out of one table of a file, and says in one line what is wrong with them.

use physics::geodetic::Geodetic;
use serde::Deserialize;
use statement::{Nation, Realm};
use toml::Spanned;

use super::error::{ScenarioError, line_of_key};

/// The file and the table that is being read, for the line of an error.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    offset: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceForm {
    /// For people; nothing reads it.
    #[serde(rename = "name")]
    _name: String,
    lat_deg: f64,
    lon_deg: f64,
    #[serde(default)]
    alt_m: f64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Reader<'a> {
        Reader { file, text, offset: 0 }
    }

    pub(super) fn table<T>(&self, table: &Spanned<T>) -> Reader<'a> {
        Reader { offset: table.span().start, ..*self }
    }

    /// The line of `key`, or of the table where it has no such key.
    pub(super) fn line(&self, key: &str) -> usize {
        line_of_key(self.text, self.offset, key)
    }

    /// `expected` says what was expected and what was found.
    pub(super) fn wrong(&self, key: &str, expected: &str) -> ScenarioError {
        let expected = expected.to_owned();
        ScenarioError::Wrong { file: self.file.to_owned(), line: self.line(key), expected }
    }

    pub(super) fn number(
        &self,
        key: &str,
        value: f64,
        least: f64,
        greatest: f64,
    ) -> Result<f64, ScenarioError> {
        if value >= least && value <= greatest {
            return Ok(value);
        }
        Err(self.wrong(key, &format!("expected `{key}` from {least} to {greatest}, found {value}")))
    }

    /// A whole number; TOML's own are signed.
    pub(super) fn count(&self, key: &str, value: i64, least: u32, most: u32) -> Result<u32, ScenarioError> {
        match u32::try_from(value) {
            Ok(count) if (least..=most).contains(&count) => Ok(count),
            _ => {
                let expected =
                    format!("expected `{key}`, a whole number from {least} to {most}, found {value}");
                Err(self.wrong(key, &expected))
            }
        }
    }

    pub(super) fn span(
        &self,
        key: &str,
        [low, high]: [f64; 2],
        least: f64,
        greatest: f64,
    ) -> Result<(f64, f64), ScenarioError> {
        self.number(key, low, least, greatest)?;
        self.number(key, high, least, greatest)?;
        if low > high {
            let expected = format!("expected the lesser of `{key}` first, found {low} before {high}");
            return Err(self.wrong(key, &expected));
        }
        Ok((low, high))
    }

    /// A name that is safe in file names and on the wire.
    pub(super) fn slug(&self, key: &str, text: String) -> Result<String, ScenarioError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
            let expected = "at most 40 lower-case letters, digits and hyphens";
            return Err(self.wrong(key, &format!("expected `{key}` of {expected}, found `{text}`")));
        }
        Ok(text)
    }

    pub(super) fn exercise(&self, text: &str) -> Result<Realm, ScenarioError> {
        match text.parse() {
            Ok(Realm::Live) => {
                Err(self
                    .wrong("realm", "expected `exercise/NAME`, found `live`: a scenario never plays live"))
            }
            Ok(realm) => Ok(realm),
            Err(error) => Err(self.wrong("realm", &error.to_string())),
        }
    }

    pub(super) fn nation(&self, key: &str, text: &str) -> Result<Nation, ScenarioError> {
        text.parse().map_err(|error: statement::nation::NotANation| self.wrong(key, &error.to_string()))
    }

    pub(super) fn place(&self, key: &str, place: &PlaceForm) -> Result<Geodetic, ScenarioError> {
        let PlaceForm { lat_deg, lon_deg, alt_m, .. } = *place;
        let known = (-90.0..=90.0).contains(&lat_deg) && (-180.0..=180.0).contains(&lon_deg);
        if !known || !(-1_000.0..=9_000.0).contains(&alt_m) {
            let expected = "`lat_deg` -90 to 90, `lon_deg` -180 to 180, `alt_m` -1000 to 9000";
            let found = format!("{lat_deg}, {lon_deg}, {alt_m}");
            return Err(self.wrong(key, &format!("expected `{key}` with {expected}, found {found}")));
        }
        Ok(Geodetic { lat_deg, lon_deg, alt_m })
    }
}
