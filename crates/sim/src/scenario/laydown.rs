//! Who takes part, with what sensors, joined by what lines: in the scenario's own file, or in a file that several share.

use physics::sensor::{Sensor, SensorKind, Volume};
use serde::Deserialize;
use statement::Nation;
use toml::Spanned;

use super::error::{ScenarioError, refused};
use super::reader::Reader;
use super::{Link, Officer, Participant};

/// Lay-downs that are part of the program.
const BUILT_IN: [(&str, &str); 1] =
    [("north-east-asia", include_str!("../../../../scenarios/laydown/north-east-asia.toml"))];

/// A lay-down's file and its text.
pub(super) struct LaydownText {
    pub(super) file: String,
    pub(super) text: String,
}

/// The built-in lay-down of this name.
pub(super) fn built_in(name: &str) -> Option<LaydownText> {
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    Some(LaydownText { file: format!("laydown/{name}.toml"), text: (*text).to_owned() })
}

/// The names of the lay-downs that are built in.
pub(super) fn names() -> String {
    BUILT_IN.map(|(name, _)| name).join(", ")
}

/// A lay-down, checked.
pub(super) struct Laydown {
    pub(super) notional: String,
    pub(super) nations: Vec<Participant>,
    pub(super) links: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaydownForm {
    notional: String,
    nations: Vec<Spanned<NationForm>>,
    links: Vec<Spanned<LinkForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NationForm {
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
pub(super) struct SensorForm {
    /// Whose; of a sensor that a scenario adds to a lay-down.
    pub(super) nation: Option<String>,
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
pub(super) struct LinkForm {
    between: [String; 2],
    delay_ms: f64,
    jitter_ms: f64,
    loss: f64,
}

/// Reads a lay-down's file.
pub(super) fn read(laydown: &LaydownText) -> Result<Laydown, ScenarioError> {
    let LaydownText { file, text } = laydown;
    let form: LaydownForm = toml::from_str(text).map_err(|error| refused(file, text, &error))?;
    let (nations, links) = Reader::new(file, text).nations_and_links(form.nations, form.links)?;
    Ok(Laydown { notional: form.notional, nations, links })
}

impl Reader<'_> {
    pub(super) fn nations_and_links(
        &self,
        nation_forms: Vec<Spanned<NationForm>>,
        link_forms: Vec<Spanned<LinkForm>>,
    ) -> Result<(Vec<Participant>, Vec<Link>), ScenarioError> {
        let (mut nations, mut links) = (Vec::new(), Vec::new());
        for nation in nation_forms {
            self.table(&nation).participant(nation.into_inner(), &mut nations)?;
        }
        for link in link_forms {
            self.table(&link).link(link.into_inner(), &nations, &mut links)?;
        }
        Ok((nations, links))
    }

    fn participant(&self, form: NationForm, known: &mut Vec<Participant>) -> Result<(), ScenarioError> {
        let nation = self.nation("id", &form.id)?;
        if known.iter().any(|participant| participant.nation == nation) {
            return Err(self.wrong("id", &format!("expected each nation once, found `{nation}` twice")));
        }
        let after_s = form.officer.acknowledge_after_s;
        let acknowledge_after_s = self.number("acknowledge_after_s", after_s, 0.0, 3_600.0)?;
        let officer = Officer { acknowledge_after_s };
        known.push(Participant { nation, name: form.name, sensors: Vec::new(), officer });
        for sensor in form.sensors {
            self.table(&sensor).add_sensor(sensor.into_inner(), Some(nation), known)?;
        }
        Ok(())
    }

    /// Adds a sensor to its nation: `owner`, or else the one that the form names.
    pub(super) fn add_sensor(
        &self,
        form: SensorForm,
        owner: Option<Nation>,
        known: &mut [Participant],
    ) -> Result<(), ScenarioError> {
        let named = form.nation.as_deref().map(|name| self.nation("nation", name)).transpose()?;
        let nation = match (owner, named) {
            (Some(owner), None) => owner,
            (None, Some(named)) => named,
            (Some(_), Some(named)) => {
                let expected = format!("expected no `nation` under a nation, found `{named}`");
                return Err(self.wrong("nation", &expected));
            }
            (None, None) => return Err(self.wrong("nation", "expected a key `nation`, found none")),
        };
        let sensor = self.sensor(form)?;
        if known.iter().flat_map(|participant| &participant.sensors).any(|other| other.id == sensor.id) {
            return Err(self.wrong("id", &format!("expected each sensor once, found `{}` twice", sensor.id)));
        }
        match known.iter_mut().find(|participant| participant.nation == nation) {
            Some(participant) => participant.sensors.push(sensor),
            None => return Err(self.wrong("nation", &no_such_nation(nation, known))),
        }
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
                return Err(self.wrong("between", &no_such_nation(nation, nations)));
            }
        }
        if one == other || links.iter().any(|link| (link.from, link.to) == (one, other)) {
            let expected = format!("expected each pair of nations once, found `{one}` and `{other}` again");
            return Err(self.wrong("between", &expected));
        }
        let delay_s = self.number("delay_ms", form.delay_ms, 0.0, 60_000.0)? * 1e-3;
        let jitter_s = self.number("jitter_ms", form.jitter_ms, 0.0, 60_000.0)? * 1e-3;
        let loss = self.number("loss", form.loss, 0.0, 0.9)?;
        links.push(Link { from: one, to: other, delay_s, jitter_s, loss });
        links.push(Link { from: other, to: one, delay_s, jitter_s, loss });
        Ok(())
    }
}

pub(super) fn no_such_nation(found: Nation, nations: &[Participant]) -> String {
    let known: Vec<&str> = nations.iter().map(|participant| participant.nation.as_str()).collect();
    format!("expected one of this scenario's nations ({}), found `{found}`", known.join(", "))
}
