//! Catalogue files: two-line element sets, with or without a line of the name before.

use physics::satellite::{Elements, Satellite};

use crate::number::short;

/// The longest name that is kept, characters.
const NAME_MAX: usize = 64;

/// Reads the text of catalogue file `name`. An error names the file, the line and what was expected.
pub fn read_catalogue(name: &str, text: &str) -> Result<Vec<Satellite>, String> {
    let mut satellites = Vec::new();
    let mut title: Option<&str> = None;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    while let Some((index, line)) = lines.next() {
        let refuse = |number: usize, what: String| format!("{name}: line {}: {what}", number + 1);
        if !(line.starts_with("1 ") && line.len() > 60) {
            if title.is_some() {
                let found = short(line);
                return Err(refuse(index, format!("expected line 1 of an element set, found `{found}`")));
            }
            title = Some(line.strip_prefix("0 ").unwrap_or(line).trim());
            continue;
        }
        let Some((second_index, second)) = lines.next() else {
            return Err(refuse(index + 1, "expected line 2 of an element set, found the end".to_owned()));
        };
        if !second.starts_with("2 ") {
            let found = short(second);
            return Err(refuse(second_index, format!("expected line 2 of an element set, found `{found}`")));
        }
        let number = line.get(2..7).unwrap_or("").trim();
        let elements = Elements {
            name: title.take().unwrap_or(number).chars().take(NAME_MAX).collect(),
            lines: [line.trim_end().to_owned(), second.trim_end().to_owned()],
        };
        let satellite = Satellite::try_from(elements)
            .map_err(|error| refuse(index, format!("expected an element set: {error}")))?;
        satellites.push(satellite);
    }
    if satellites.is_empty() {
        return Err(format!("{name}: line 1: expected an element set, found none"));
    }
    Ok(satellites)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SET: &str = "VANGUARD 1              \n\
        1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753\n\
        2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667\n";

    #[test]
    fn reads_sets_with_and_without_names() {
        let bare: String = SET.lines().skip(1).map(|line| format!("{line}\r\n")).collect();
        let satellites = read_catalogue("c.tle", &format!("{SET}{bare}")).unwrap();
        let names: Vec<&str> = satellites.iter().map(|satellite| satellite.name()).collect();
        assert_eq!(names, ["VANGUARD 1", "00005"]);
    }

    #[test]
    fn each_error_is_one_line_that_names_file_and_line() {
        let lines: Vec<&str> = SET.lines().collect();
        for (text, expected) in [
            (String::new(), "c.tle: line 1: expected an element set, found none"),
            (lines[..2].join("\n"), "c.tle: line 3: expected line 2 of an element set, found the end"),
            (format!("A\nB\n{SET}"), "c.tle: line 2: expected line 1 of an element set, found `B`"),
            (SET.replace("2 00005", "3 00005"), "c.tle: line 3: expected line 2"),
            (SET.replace("34.2682", "34.2683"), "c.tle: line 2: expected an element set: "),
        ] {
            let error = read_catalogue("c.tle", &text).unwrap_err();
            assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", at in 0..SET.len(), put in "\\PC{0,3}") {
            let _ = read_catalogue("c.tle", &text);
            let mut changed = SET.to_owned();
            changed.replace_range(at..=at, &put);
            let _ = read_catalogue("c.tle", &changed);
        }
    }
}
