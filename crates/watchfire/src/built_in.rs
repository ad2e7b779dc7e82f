//! Scenarios and example policies that are part of the program, so that it works from any folder.

use std::collections::BTreeMap;
use std::path::Path;

use sim::scenario::Scenario;
use statement::Nation;

use crate::problem::Problem;

const SCENARIOS: [(&str, &str); 14] = [
    ("2017-08-29", include_str!("../../../scenarios/2017-08-29.toml")),
    ("2017-11-29", include_str!("../../../scenarios/2017-11-29.toml")),
    ("2019-10-02", include_str!("../../../scenarios/2019-10-02.toml")),
    ("2022-01-30", include_str!("../../../scenarios/2022-01-30.toml")),
    ("2022-03-24", include_str!("../../../scenarios/2022-03-24.toml")),
    ("2022-06-05", include_str!("../../../scenarios/2022-06-05.toml")),
    ("2022-09-25", include_str!("../../../scenarios/2022-09-25.toml")),
    ("2022-10-04", include_str!("../../../scenarios/2022-10-04.toml")),
    ("2022-11-03", include_str!("../../../scenarios/2022-11-03.toml")),
    ("2023-05-31", include_str!("../../../scenarios/2023-05-31.toml")),
    ("2023-11-21", include_str!("../../../scenarios/2023-11-21.toml")),
    ("2024-05-27", include_str!("../../../scenarios/2024-05-27.toml")),
    ("2025-01-06", include_str!("../../../scenarios/2025-01-06.toml")),
    ("satellite-pass", include_str!("../../../scenarios/satellite-pass.toml")),
];

const POLICIES: [(&str, &str); 3] = [
    ("jpn", include_str!("../../../policy/jpn/release.cedar")),
    ("kor", include_str!("../../../policy/kor/release.cedar")),
    ("usa", include_str!("../../../policy/usa/release.cedar")),
];

/// The names of the scenarios that are built in.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// The scenario in the file `name`, or the built-in one of this name.
pub fn scenario(name: &str) -> Result<Scenario, Problem> {
    if Path::new(name).is_file() {
        return Scenario::load(Path::new(name)).map_err(Problem::input);
    }
    match SCENARIOS.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Scenario::parse(name, text).map_err(Problem::input),
        None => {
            let known = scenario_names().collect::<Vec<_>>().join(", ");
            Err(Problem::input(format!(
                "{name}: no such file or scenario; expected a file or one of {known}"
            )))
        }
    }
}

/// The example policy of every nation of a scenario: the file's name and its rules.
pub fn policies(scenario: &Scenario) -> Result<BTreeMap<Nation, (String, String)>, Problem> {
    let mut policies = BTreeMap::new();
    for participant in &scenario.nations {
        let nation = participant.nation;
        let Some((_, text)) = POLICIES.iter().find(|(known, _)| *known == nation.as_str()) else {
            return Err(Problem::input(format!(
                "{}: no example policy for {nation}; expected one of jpn, kor, usa",
                scenario.name
            )));
        };
        policies.insert(nation, (format!("policy/{nation}/release.cedar"), (*text).to_owned()));
    }
    Ok(policies)
}
