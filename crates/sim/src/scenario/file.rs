//! The scenario file: TOML. docs/scenarios.md explains every key.

use physics::geodetic::Geodetic;
use physics::time::Tai;
use serde::Deserialize;
use toml::Spanned;

use super::Scenario;
use super::error::{ScenarioError, refused};
use super::faults::FaultForm;
use super::launch::LaunchForm;
use super::laydown::{self, LaydownText, LinkForm, NationForm, SensorForm};
use super::reader::{PlaceForm, Reader};
use crate::truth::Truth;
use crate::truth::earth::{MU, fixed_of, local_axes, to_fixed};
use crate::truth::vector::{add, norm, scale};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    name: String,
    title: String,
    special: String,
    notional: String,
    facts: Vec<String>,
    t0_utc: String,
    end_s: f64,
    realm: String,
    laydown: Option<String>,
    #[serde(default)]
    without_sensors: Vec<String>,
    #[serde(default)]
    sensors: Vec<Spanned<SensorForm>>,
    #[serde(default)]
    launches: Vec<Spanned<LaunchForm>>,
    #[serde(default)]
    satellites: Vec<Spanned<SatelliteForm>>,
    #[serde(default)]
    nations: Vec<Spanned<NationForm>>,
    #[serde(default)]
    links: Vec<Spanned<LinkForm>>,
    #[serde(default)]
    faults: Vec<Spanned<FaultForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultsFileForm {
    faults: Vec<Spanned<FaultForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SatelliteForm {
    id: String,
    over: PlaceForm,
    at_s: f64,
    height_km: f64,
    course_deg: f64,
}

/// `laydown` finds a lay-down by its name.
pub(super) fn read(
    file: &str,
    text: &str,
    laydown: impl Fn(&str) -> Result<Option<LaydownText>, ScenarioError>,
) -> Result<Scenario, ScenarioError> {
    let mut form: FileForm = toml::from_str(text).map_err(|error| refused(file, text, &error))?;
    let top = Reader::new(file, text);
    let start = Tai::from_utc(&form.t0_utc).map_err(|error| top.wrong("t0_utc", &error.to_string()))?;
    let mut scenario = Scenario {
        name: top.slug("name", form.name)?,
        title: form.title,
        special: form.special,
        notional: form.notional,
        facts: form.facts,
        start,
        end_s: top.number("end_s", form.end_s, 1.0, 86_400.0)?,
        realm: top.exercise(&form.realm)?,
        nations: Vec::new(),
        links: Vec::new(),
        launches: Vec::new(),
        nominal: Vec::new(),
        satellites: Vec::new(),
        faults: Vec::new(),
        placed: Vec::new(),
    };
    if let Some(name) = form.laydown.take() {
        let name = top.slug("laydown", name)?;
        if !form.nations.is_empty() || !form.links.is_empty() {
            let expected = "expected either `laydown`, or `nations` and `links`, found both";
            return Err(top.wrong("laydown", expected));
        }
        let Some(found) = laydown(&name)? else {
            let known = format!("laydown/{name}.toml beside this file, or one of {}", laydown::names());
            return Err(top.wrong("laydown", &format!("expected {known}, found neither")));
        };
        let shared = laydown::read(&found)?;
        scenario.notional = format!("{} {}", scenario.notional.trim_end(), shared.notional);
        (scenario.nations, scenario.links) = (shared.nations, shared.links);
    } else {
        (scenario.nations, scenario.links) = top.nations_and_links(form.nations, form.links)?;
    }
    if scenario.nations.is_empty() {
        return Err(top.wrong("nations", "expected `laydown` or `nations`, found neither"));
    }
    top.leave_out(&form.without_sensors, &mut scenario)?;
    for sensor in form.sensors {
        top.table(&sensor).add_sensor(sensor.into_inner(), None, &mut scenario.nations)?;
    }
    for launch in form.launches {
        top.table(&launch).launch(launch.into_inner(), &mut scenario)?;
    }
    for satellite in form.satellites {
        let table = top.table(&satellite);
        let satellite = table.satellite(satellite.into_inner(), form.end_s)?;
        let mut flying = scenario.nominal.iter().flatten().chain(&scenario.satellites);
        if flying.any(|other| other.id == satellite.id) {
            let expected = format!("expected each name once, found `{}` twice", satellite.id);
            return Err(table.wrong("id", &expected));
        }
        scenario.satellites.push(satellite);
    }
    top.faults(form.faults, &mut scenario)?;
    Ok(scenario)
}

/// Reads a file of faults only, into `scenario`.
pub(super) fn read_faults(file: &str, text: &str, scenario: &mut Scenario) -> Result<(), ScenarioError> {
    let form: FaultsFileForm = toml::from_str(text).map_err(|error| refused(file, text, &error))?;
    Reader::new(file, text).faults(form.faults, scenario)
}

impl Reader<'_> {
    fn leave_out(&self, ids: &[String], scenario: &mut Scenario) -> Result<(), ScenarioError> {
        for id in ids {
            let all = || scenario.nations.iter().flat_map(|participant| &participant.sensors);
            if !all().any(|sensor| sensor.id == *id) {
                let known: Vec<&str> = all().map(|sensor| sensor.id.as_str()).collect();
                let expected = format!("expected sensors among {}, found `{id}`", known.join(", "));
                return Err(self.wrong("without_sensors", &expected));
            }
            for participant in &mut scenario.nations {
                participant.sensors.retain(|sensor| sensor.id != *id);
            }
        }
        Ok(())
    }

    /// A circular orbit, but for the Earth's oblateness.
    fn satellite(&self, form: SatelliteForm, end_s: f64) -> Result<Truth, ScenarioError> {
        let id = self.slug("id", form.id)?;
        let at_s = self.number("at_s", form.at_s, 0.0, end_s)?;
        let alt_m = self.number("height_km", form.height_km, 150.0, 50_000.0)? * 1e3;
        let course_rad = self.number("course_deg", form.course_deg, 0.0, 360.0)?.to_radians();
        let place = Geodetic { alt_m, ..self.place("over", &form.over)? };
        let [east, north, _] = local_axes(place);
        let position = fixed_of(place);
        let (sine, cosine) = libm::sincos(course_rad);
        let direction = add(scale(east, sine), scale(north, cosine));
        let inertial = scale(direction, (MU / norm(position)).sqrt());
        let (position, velocity) = to_fixed(0.0, position, inertial);
        Ok(Truth::orbiting(&id, at_s, position, velocity, end_s))
    }
}
