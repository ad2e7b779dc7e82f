//! What is wrong with a scenario's file, in one line.

/// A scenario that can't be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file can't be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// Which file.
        file: String,
        /// What the system says.
        error: String,
    },
    /// The file says something that it may not.
    #[error("{file}: line {line}: {expected}")]
    Wrong {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What was expected and what was found.
        expected: String,
    },
}

/// The line, from 1, of the byte at `offset`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

/// The line of `key` in the table that starts at `offset`; of the table itself where it has no such key.
pub(super) fn line_of_key(text: &str, offset: usize, key: &str) -> usize {
    let table_line = line_at(text, offset);
    for (index, line) in text.lines().enumerate().skip(table_line - 1) {
        let line = line.trim_start();
        if index + 1 > table_line && line.starts_with('[') {
            break;
        }
        let found = line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        if found {
            return index + 1;
        }
    }
    table_line
}

/// What the TOML reader refuses, with the nearest valid key where a key is unknown.
pub(super) fn refused(file: &str, text: &str, error: &toml::de::Error) -> ScenarioError {
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    ScenarioError::Wrong { file: file.to_owned(), line, expected: explained(error.message()) }
}

/// serde's message as one line that says what was expected and what was found.
fn explained(message: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join(" ");
    if let Some(listed) = message.strip_prefix("unknown field ") {
        return unknown_key(listed).unwrap_or(message);
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("expected a key {name}, found none");
    }
    for kind in ["invalid type: ", "invalid value: ", "unknown variant "] {
        if let Some((found, expected)) =
            message.strip_prefix(kind).and_then(|said| said.split_once(", expected "))
        {
            return format!("expected {expected}, found {found}");
        }
    }
    message
}

/// Of an unknown key, the one that is meant: the same quantity in another unit, or the nearest of those listed.
fn unknown_key(listed: &str) -> Option<String> {
    let mut names = listed.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let names: Vec<&str> = names.collect();
    let quantity = |name: &str| name.rsplit_once('_').map(|(quantity, _)| quantity.to_owned());
    let meant = names.iter().find(|name| quantity(name).is_some() && quantity(name) == quantity(unknown));
    if let Some((name, (_, unit))) = meant.and_then(|name| Some((name, name.rsplit_once('_')?))) {
        return Some(format!("expected `{name}`, in {unit}, found `{unknown}`"));
    }
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, name)| distance <= name.chars().count().div_ceil(2));
    Some(match nearest {
        Some((_, name)) => format!("expected a known key, the nearest is `{name}`, found `{unknown}`"),
        None => format!("expected one of the keys {}, found `{unknown}`", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_one_that_is_meant() {
        let message = "unknown field `rangem`, expected one of `range_m`, `az_deg`, `el_deg`";
        assert_eq!(explained(message), "expected a known key, the nearest is `range_m`, found `rangem`");
        let message = "unknown field `apogee_m`, expected one of `range_km`, `apogee_km`";
        assert_eq!(explained(message), "expected `apogee_km`, in km, found `apogee_m`");
        let message = "unknown field `colour`, expected `x` or `y`";
        assert_eq!(explained(message), "expected one of the keys x, y, found `colour`");
    }

    #[test]
    fn keys_are_found_in_their_own_table() {
        let text = "[a]\nx = 1\n[b]\ny = 2\nx = 3\n";
        assert_eq!(line_of_key(text, 10, "x"), 5);
        assert_eq!(line_of_key(text, 0, "y"), 1);
    }
}
