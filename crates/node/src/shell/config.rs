//! A node's configuration: one TOML file, whose paths are relative to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use statement::{Nation, Realm};

use crate::listing::Listing;
use crate::shell::clock::ExerciseClock;

/// A node's configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose node: three letters.
    pub nation: Nation,
    /// `live` or `exercise/NAME`.
    pub realm: Realm,
    /// A title for the console, of an exercise.
    #[serde(default)]
    pub title: String,
    /// The seeds of the node's six keys, JSON.
    pub keys: PathBuf,
    /// The seed of the officer's key that the console server signs acts with; of an exercise only.
    #[serde(default)]
    pub officer_key: Option<PathBuf>,
    /// The TLS certificate, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub certificate_key: PathBuf,
    /// The realm's root keys, JSON.
    pub root: PathBuf,
    /// The signed roster.
    pub roster: PathBuf,
    /// The release policy, Cedar.
    pub policy: PathBuf,
    /// The sensors, JSON.
    pub sensors: PathBuf,
    /// Known satellites, two-line element sets; read again on SIGHUP.
    #[serde(default)]
    pub catalogue: Option<PathBuf>,
    /// Planned launches, JSON; read again on SIGHUP.
    #[serde(default)]
    pub notices: Option<PathBuf>,
    /// The journal; made where it is absent.
    pub journal: PathBuf,
    /// Where it takes partners' links.
    pub listen: SocketAddr,
    /// Where it takes sensors' plots: CSV lines.
    pub sensor_feed: SocketAddr,
    /// Where its console is served.
    pub console: SocketAddr,
    /// How far the machine's UTC may be off either way, milliseconds.
    #[serde(default = "default_bound_ms")]
    pub clock_bound_ms: f64,
    /// The exercise's own clock; absent: the machine's.
    #[serde(default)]
    pub clock: Option<ExerciseClock>,
}

fn default_bound_ms() -> f64 {
    50.0
}

/// A file of the configuration that cannot be used. One line: file, line, what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line where it is known, and what was expected.
    pub what: String,
}

/// An error about `file`.
pub fn wrong(file: &Path, what: impl ToString) -> ConfigError {
    let what = what.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    ConfigError { file: file.display().to_string(), what }
}

/// Reads a file whole.
pub fn read(file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|error| wrong(file, format!("cannot be read: {error}")))
}

/// Reads a text file whole.
pub fn read_text(file: &Path) -> Result<String, ConfigError> {
    String::from_utf8(read(file)?).map_err(|_| wrong(file, "expected UTF-8 text"))
}

impl Config {
    /// Reads a configuration; paths in it become relative to the present folder.
    pub fn load(file: &Path) -> Result<Config, ConfigError> {
        let text = read_text(file)?;
        let mut config = Config::parse(file, &text)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let paths = [
            &mut config.keys,
            &mut config.certificate,
            &mut config.certificate_key,
            &mut config.root,
            &mut config.roster,
            &mut config.policy,
            &mut config.sensors,
            &mut config.journal,
        ];
        let listings = config.catalogue.iter_mut().chain(&mut config.notices);
        for path in paths.into_iter().chain(&mut config.officer_key).chain(listings) {
            *path = folder.join(&*path);
        }
        Ok(config)
    }

    /// A catalogue or the notices as they are on the disk now: the file and its text, checked; both empty where the
    /// configuration names none.
    pub fn read_listing(&self, listing: Listing) -> Result<(String, String), ConfigError> {
        let file = match listing {
            Listing::Catalogue => &self.catalogue,
            Listing::Notices => &self.notices,
        };
        let Some(file) = file else { return Ok(Default::default()) };
        let (name, text) = (file.display().to_string(), read_text(file)?);
        if text.is_empty() {
            return Err(wrong(file, format!("line 1: expected {listing}, found an empty file")));
        }
        listing.check(&name, &text).map_err(|error| {
            // It names the file by itself.
            wrong(file, error.strip_prefix(&format!("{name}: ")).unwrap_or(&error))
        })?;
        Ok((name, text))
    }

    /// Reads the text of a configuration.
    pub fn parse(file: &Path, text: &str) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            wrong(file, format!("{line}{}", with_nearest(error.message())))
        })?;
        if let Some(clock) = &config.clock {
            if config.realm == Realm::Live {
                return Err(wrong(file, "[clock] belongs to an exercise; expected none in the live realm"));
            }
            if !(clock.speed > 0.0 && clock.speed <= 1_000.0) {
                return Err(wrong(file, "clock.speed: expected more than 0 and at most 1000"));
            }
        }
        if config.officer_key.is_some() && config.realm == Realm::Live {
            return Err(wrong(
                file,
                "officer_key belongs to an exercise; in the live realm people sign with their own",
            ));
        }
        Ok(config)
    }
}

/// serde lists every key; a person wants the nearest one.
fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => {
            let nearest = quoted.min_by_key(|known| strsim::damerau_levenshtein(unknown, known));
            format!("unknown key `{unknown}`; expected such as `{}`", nearest.unwrap_or_default())
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
nation = "jpn"
realm = "exercise/e1"
keys = "keys.json"
certificate = "node.crt"
certificate_key = "node.key"
root = "root.json"
roster = "roster.cose"
policy = "release.cedar"
sensors = "sensors.json"
journal = "journal.db"
listen = "127.0.0.1:7001"
sensor_feed = "127.0.0.1:7002"
console = "127.0.0.1:7003"
"#;

    fn refused(text: &str) -> String {
        Config::parse(Path::new("node.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_good_one_is_read() {
        assert_eq!(Config::parse(Path::new("node.toml"), GOOD).unwrap().nation.as_str(), "jpn");
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_the_nearest_valid_one() {
        let text = GOOD.replace("sensor_feed", "sensor_fed");
        assert_eq!(
            refused(&text),
            "node.toml: line 13: unknown key `sensor_fed`; expected such as `sensor_feed`"
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert!(refused(&GOOD.replace("roster = \"roster.cose\"\n", "")).contains("missing field `roster`"));
        assert!(refused(&GOOD.replace("\"jpn\"", "\"Japan\"")).contains("line 2: `Japan` is not a nation"));
        assert!(refused(&GOOD.replace("exercise/e1", "exercise")).contains("is not a realm"));
        assert!(refused("nation = ").contains("line 1"));
        let live = GOOD.replace("exercise/e1", "live") + "officer_key = \"o.json\"\n";
        assert!(refused(&live).contains("officer_key belongs to an exercise"));
    }
}
