//! The scenario file: TOML. `scenarios/2022-10-04.toml` shows and explains every key.

use physics::geodetic::Geodetic;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;
use serde::Deserialize;
use statement::{Nation, Realm};
use toml::Spanned;

use super::error::{ScenarioError, line_at, line_of_key, refused};
use super::{Link, Officer, Participant, Scenario};
use crate::truth::Truth;
use crate::truth::draw::{ReportedLaunch, VehicleClass};
use crate::truth::earth::{MU, fixed_of, local_axes, to_fixed};
use crate::truth::fit::Course;
use crate::truth::vector::{add, norm, scale};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    name: String,
    title: String,
    notional: String,
    facts: Vec<String>,
    t0_utc: String,
    end_s: f64,
    realm: String,
    #[serde(default)]
    launches: Vec<Spanned<LaunchForm>>,
    #[serde(default)]
    satellites: Vec<Spanned<SatelliteForm>>,
    nations: Vec<Spanned<NationForm>>,
    #[serde(default)]
    links: Vec<Spanned<LinkForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaunchForm {
    id: String,
    vehicle: VehicleClass,
    site: PlaceForm,
    site_spread_km: f64,
    launch_s: f64,
    launch_spread_s: f64,
    range_km: [f64; 2],
    apogee_km: [f64; 2],
    flight_time_s: [f64; 2],
    over: PlaceForm,
    over_spread_km: f64,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceForm {
    /// For people; nothing reads it.
    #[serde(rename = "name")]
    _name: String,
    lat_deg: f64,
    lon_deg: f64,
    #[serde(default)]
    alt_m: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NationForm {
    id: String,
    name: String,
    officer: OfficerForm,
    sensors: Vec<Spanned<SensorForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficerForm {
    acknowledge_after_s: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SensorForm {
    id: String,
    name: String,
    notional: bool,
    lat_deg: f64,
    lon_deg: f64,
    alt_m: f64,
    sigma_range_m: f64,
    sigma_az_rad: f64,
    sigma_el_rad: f64,
    sigma_range_rate_mps: Option<f64>,
    pd: f64,
    rate_hz: f64,
    #[serde(default)]
    clutter_mean_per_scan: f64,
    #[serde(default)]
    slow_fraction: f64,
    slow_time_s: Option<f64>,
    volume: VolumeForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeForm {
    range_km: [f64; 2],
    az_deg: [f64; 2],
    el_deg: [f64; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkForm {
    between: [String; 2],
    delay_ms: f64,
    jitter_ms: f64,
    loss: f64,
}

/// The file and the table that is being read, for the line of an error.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    offset: usize,
}

pub(super) fn read(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let form: FileForm = toml::from_str(text).map_err(|error| refused(file, text, &error))?;
    let top = Reader { file, text, offset: 0 };
    let start = Tai::from_utc(&form.t0_utc).map_err(|error| top.wrong("t0_utc", &error.to_string()))?;
    top.number("end_s", form.end_s, 1.0, 86_400.0)?;
    let mut scenario = Scenario {
        name: top.slug("name", form.name)?,
        title: form.title,
        notional: form.notional,
        facts: form.facts,
        start,
        end_s: form.end_s,
        realm: top.exercise(&form.realm)?,
        nations: Vec::new(),
        links: Vec::new(),
        launches: Vec::new(),
        nominal: Vec::new(),
        satellites: Vec::new(),
    };
    for nation in form.nations {
        let table = top.table(&nation);
        table.participant(nation.into_inner(), &mut scenario.nations)?;
    }
    for link in form.links {
        let table = top.table(&link);
        table.link(link.into_inner(), &scenario.nations, &mut scenario.links)?;
    }
    for launch in form.launches {
        let table = top.table(&launch);
        let launch = table.launch(launch.into_inner(), form.end_s, &scenario.launches)?;
        let nominal = Truth::nominal(&launch).map_err(|error| table.wrong("id", &error.to_string()))?;
        scenario.launches.push(launch);
        scenario.nominal.push(nominal);
    }
    for satellite in form.satellites {
        let table = top.table(&satellite);
        let satellite = table.satellite(satellite.into_inner(), form.end_s)?;
        let mut flying = scenario.nominal.iter().chain(&scenario.satellites);
        if flying.any(|other| other.id == satellite.id) {
            return Err(table.wrong("id", &format!("`{}` flies here twice", satellite.id)));
        }
        scenario.satellites.push(satellite);
    }
    Ok(scenario)
}

impl<'a> Reader<'a> {
    fn table<T>(&self, table: &Spanned<T>) -> Reader<'a> {
        Reader { file: self.file, text: self.text, offset: table.span().start }
    }

    fn wrong(&self, key: &str, expected: &str) -> ScenarioError {
        let line = if self.offset == 0 {
            line_of_key(self.text, 0, key)
        } else {
            line_of_key(self.text, self.offset, key).max(line_at(self.text, self.offset))
        };
        ScenarioError::Wrong { file: self.file.to_owned(), line, expected: expected.to_owned() }
    }

    fn number(&self, key: &str, value: f64, least: f64, greatest: f64) -> Result<f64, ScenarioError> {
        if value >= least && value <= greatest {
            return Ok(value);
        }
        Err(self.wrong(key, &format!("`{key}` is {value}; expected a number from {least} to {greatest}")))
    }

    /// Two numbers in ascending order.
    fn span(
        &self,
        key: &str,
        [from, to]: [f64; 2],
        least: f64,
        greatest: f64,
    ) -> Result<(f64, f64), ScenarioError> {
        self.number(key, from, least, greatest)?;
        self.number(key, to, least, greatest)?;
        if from > to {
            return Err(
                self.wrong(key, &format!("`{key}` goes from {from} down to {to}; expected the lesser first"))
            );
        }
        Ok((from, to))
    }

    fn slug(&self, key: &str, text: String) -> Result<String, ScenarioError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
            let expected = "expected at most 40 lower-case letters, digits and hyphens";
            return Err(self.wrong(key, &format!("`{key}` is `{text}`; {expected}")));
        }
        Ok(text)
    }

    fn exercise(&self, text: &str) -> Result<Realm, ScenarioError> {
        match text.parse() {
            Ok(Realm::Live) => {
                Err(self.wrong("realm", "a scenario never plays live; expected `exercise/NAME`"))
            }
            Ok(realm) => Ok(realm),
            Err(error) => Err(self.wrong("realm", &error.to_string())),
        }
    }

    fn nation(&self, key: &str, text: &str) -> Result<Nation, ScenarioError> {
        text.parse().map_err(|error: statement::nation::NotANation| self.wrong(key, &error.to_string()))
    }

    fn place(&self, key: &str, place: &PlaceForm) -> Result<Geodetic, ScenarioError> {
        let known = (-90.0..=90.0).contains(&place.lat_deg) && (-180.0..=180.0).contains(&place.lon_deg);
        if !known || !(-1_000.0..=9_000.0).contains(&place.alt_m) {
            let expected = "expected `lat_deg` -90 to 90, `lon_deg` -180 to 180, `alt_m` -1000 to 9000";
            return Err(self.wrong(key, &format!("`{key}` is no place; {expected}")));
        }
        Ok(Geodetic { lat_deg: place.lat_deg, lon_deg: place.lon_deg, alt_m: place.alt_m })
    }

    fn participant(&self, form: NationForm, known: &mut Vec<Participant>) -> Result<(), ScenarioError> {
        let nation = self.nation("id", &form.id)?;
        if known.iter().any(|participant| participant.nation == nation) {
            return Err(self.wrong("id", &format!("nation `{nation}` is here twice")));
        }
        let after_s = form.officer.acknowledge_after_s;
        let acknowledge_after_s = self.number("acknowledge_after_s", after_s, 0.0, 3_600.0)?;
        let mut sensors: Vec<Sensor> = Vec::new();
        for sensor in form.sensors {
            let table = self.table(&sensor);
            let sensor = table.sensor(sensor.into_inner())?;
            let everyones = known.iter().flat_map(|participant| &participant.sensors).chain(&sensors);
            if everyones.into_iter().any(|other| other.id == sensor.id) {
                return Err(table.wrong("id", &format!("sensor `{}` is here twice", sensor.id)));
            }
            sensors.push(sensor);
        }
        known.push(Participant {
            nation,
            name: form.name,
            sensors,
            officer: Officer { acknowledge_after_s },
        });
        Ok(())
    }

    fn sensor(&self, form: SensorForm) -> Result<Sensor, ScenarioError> {
        self.number("sigma_range_m", form.sigma_range_m, 0.1, 1e5)?;
        self.number("sigma_az_rad", form.sigma_az_rad, 1e-6, 0.1)?;
        self.number("sigma_el_rad", form.sigma_el_rad, 1e-6, 0.1)?;
        if let Some(sigma_mps) = form.sigma_range_rate_mps {
            self.number("sigma_range_rate_mps", sigma_mps, 0.01, 1e4)?;
        }
        if let Some(slow_time_s) = form.slow_time_s {
            self.number("slow_time_s", slow_time_s, 1.0, 1e6)?;
        }
        let volume = &form.volume;
        let range_km = self.span("volume", volume.range_km, 0.0, 1e5)?;
        let el_deg = self.span("volume", volume.el_deg, -5.0, 90.0)?;
        for az_deg in volume.az_deg {
            self.number("volume", az_deg, 0.0, 360.0)?;
        }
        Ok(Sensor {
            id: self.slug("id", form.id)?,
            name: Some(form.name),
            kind: SensorKind::Radar,
            lat_deg: self.number("lat_deg", form.lat_deg, -90.0, 90.0)?,
            lon_deg: self.number("lon_deg", form.lon_deg, -180.0, 180.0)?,
            alt_m: self.number("alt_m", form.alt_m, -1_000.0, 9_000.0)?,
            sigma_range_m: Some(form.sigma_range_m),
            sigma_az_rad: Some(form.sigma_az_rad),
            sigma_el_rad: Some(form.sigma_el_rad),
            sigma_height_m: None,
            sigma_range_rate_mps: form.sigma_range_rate_mps,
            pd: self.number("pd", form.pd, 0.0, 1.0)?,
            rate_hz: self.number("rate_hz", form.rate_hz, 0.01, 50.0)?,
            clutter_mean_per_scan: self.number(
                "clutter_mean_per_scan",
                form.clutter_mean_per_scan,
                0.0,
                1e4,
            )?,
            volume: Some(Volume {
                range_m: [range_km.0 * 1e3, range_km.1 * 1e3],
                az_rad: volume.az_deg.map(f64::to_radians),
                el_rad: [el_deg.0.to_radians(), el_deg.1.to_radians()],
            }),
            slow_fraction: Some(self.number("slow_fraction", form.slow_fraction, 0.0, 1.0)?),
            slow_time_s: form.slow_time_s,
            sac: None,
            sic: None,
            notional: form.notional,
        })
    }

    fn link(
        &self,
        form: LinkForm,
        nations: &[Participant],
        links: &mut Vec<Link>,
    ) -> Result<(), ScenarioError> {
        let [one, other] =
            [self.nation("between", &form.between[0])?, self.nation("between", &form.between[1])?];
        for nation in [one, other] {
            if !nations.iter().any(|participant| participant.nation == nation) {
                return Err(self.wrong("between", &format!("`{nation}` is none of this scenario's nations")));
            }
        }
        if one == other || links.iter().any(|link| (link.from, link.to) == (one, other)) {
            return Err(
                self.wrong("between", &format!("{one} and {other}: expected each pair of nations once"))
            );
        }
        let delay_s = self.number("delay_ms", form.delay_ms, 0.0, 60_000.0)? * 1e-3;
        let jitter_s = self.number("jitter_ms", form.jitter_ms, 0.0, 60_000.0)? * 1e-3;
        let loss = self.number("loss", form.loss, 0.0, 0.9)?;
        links.push(Link { from: one, to: other, delay_s, jitter_s, loss });
        links.push(Link { from: other, to: one, delay_s, jitter_s, loss });
        Ok(())
    }

    fn launch(
        &self,
        form: LaunchForm,
        end_s: f64,
        known: &[ReportedLaunch],
    ) -> Result<ReportedLaunch, ScenarioError> {
        let id = self.slug("id", form.id)?;
        if known.iter().any(|launch| launch.id == id) {
            return Err(self.wrong("id", &format!("launch `{id}` is here twice")));
        }
        let range_km = self.span("range_km", form.range_km, 50.0, 15_000.0)?;
        let apogee_km = self.span("apogee_km", form.apogee_km, 20.0, 10_000.0)?;
        Ok(ReportedLaunch {
            id,
            class: form.vehicle,
            site: self.place("site", &form.site)?,
            site_spread_m: self.number("site_spread_km", form.site_spread_km, 0.0, 100.0)? * 1e3,
            launch_s: self.number("launch_s", form.launch_s, 0.0, end_s)?,
            launch_spread_s: self.number("launch_spread_s", form.launch_spread_s, 0.0, 3_600.0)?,
            range_m: (range_km.0 * 1e3, range_km.1 * 1e3),
            apogee_m: (apogee_km.0 * 1e3, apogee_km.1 * 1e3),
            flight_time_s: self.span("flight_time_s", form.flight_time_s, 60.0, 7_200.0)?,
            course: Course::Over(self.place("over", &form.over)?),
            course_spread: self.number("over_spread_km", form.over_spread_km, 0.0, 500.0)? * 1e3,
        })
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
