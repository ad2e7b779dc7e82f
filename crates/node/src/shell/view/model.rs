//! What the console is shown, as JSON. `web/src/contract.ts` says the same in TypeScript; the console's tests hold
//! the two against each other on a running demo.

#![allow(missing_docs)] // Each field is documented in web/src/contract.ts, by the same name.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub seq: u64,
    pub csrf: String,
    pub nation: String,
    pub nation_name: String,
    pub realm: String,
    pub title: String,
    pub now: String,
    pub clock_speed: f64,
    pub clock_bound_ms: f64,
    pub build: String,
    pub last_data_age_s: Option<f64>,
    pub sensors: Vec<Sensor>,
    pub tracks: Vec<Track>,
    pub combined: Vec<Combined>,
    pub events: Vec<Event>,
    pub links: Vec<Link>,
    pub refusals: Vec<Refusal>,
    pub withheld: Vec<Withheld>,
    pub milestones: Vec<Milestone>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sensor {
    pub id: String,
    pub name: String,
    pub nation: String,
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub range_max_m: f64,
    pub notional: bool,
    pub plots: u64,
    pub rejected: u64,
    pub last_plot_age_s: Option<f64>,
    pub last_error: Option<String>,
    pub health: SensorHealth,
}

#[derive(Clone, Debug, Serialize)]
pub struct SensorHealth {
    pub standing: &'static str,
    pub since: Option<String>,
    pub why: Option<String>,
    pub duplicates: u64,
    pub common_plots: u64,
    pub biases: Option<SensorBiases>,
}

impl Default for SensorHealth {
    fn default() -> Self {
        SensorHealth {
            standing: "healthy",
            since: None,
            why: None,
            duplicates: 0,
            common_plots: 0,
            biases: None,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct SensorBiases {
    pub range_m: SensorBias,
    pub az_rad: SensorBias,
    pub el_rad: SensorBias,
    pub time_s: SensorBias,
}

#[derive(Clone, Debug, Serialize)]
pub struct SensorBias {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub applied: Option<f64>,
}

/// Longitude and latitude in degrees, height in metres.
pub type Point = [f64; 3];

#[derive(Clone, Debug, Serialize)]
pub struct Track {
    pub id: String,
    pub origin: String,
    pub status: statement::TrackStatus,
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub alt_m: f64,
    pub speed_mps: f64,
    pub course_deg: f64,
    pub sigma_m: f64,
    pub age_s: f64,
    pub sources: Vec<String>,
    pub trail: Vec<Point>,
    pub ahead: Vec<Point>,
}

/// With partners' data, for our own eyes only.
#[derive(Clone, Debug, Serialize)]
pub struct Combined {
    pub id: String,
    pub method: &'static str,
    pub sources: Vec<CombinedSource>,
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub alt_m: f64,
    pub speed_mps: f64,
    pub course_deg: f64,
    pub sigma_m: f64,
    pub age_s: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct CombinedSource {
    pub nation: String,
    pub track_id: String,
    pub method: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct Ellipse {
    pub probability: f64,
    pub semi_major_m: f64,
    pub semi_minor_m: f64,
    pub azimuth_deg: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Ground {
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub time: String,
    pub time_sigma_s: f64,
    pub ellipses: Vec<Ellipse>,
}

/// Where it may come down with 90 %, and when.
#[derive(Clone, Debug, Serialize)]
pub struct Reachable {
    /// Corners: longitude, latitude, degrees.
    pub outline: Vec<[f64; 2]>,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Column {
    pub nation: String,
    pub own: bool,
    pub assessment_id: String,
    pub revision: u32,
    pub status: statement::AssessmentStatus,
    pub phase: statement::Phase,
    pub class: statement::ObjectClass,
    pub class_probability: f64,
    pub threat_probability: f64,
    pub warning: bool,
    pub launch: Option<Ground>,
    pub impact: Option<Ground>,
    pub reachable: Option<Reachable>,
    pub course_deg: Option<f64>,
    pub apogee_m: Option<f64>,
    pub objects: (u32, u32),
    pub sources: Vec<String>,
    pub last_observed_age_s: f64,
    /// Where it was then: longitude, latitude, metres.
    pub observed: Option<[f64; 3]>,
    pub under_thrust: Option<bool>,
    pub received_latency_ms: Option<f64>,
    pub sensed: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub field: warning::Field,
    pub nations: [String; 2],
    pub text: String,
    pub sigmas: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    pub partner: String,
    pub state: &'static str,
    pub at: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Ack {
    pub nation: String,
    pub own: bool,
    pub actor: String,
    pub acted: String,
    pub receipts: Vec<Receipt>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Silent {
    pub nation: String,
    pub why: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Event {
    pub id: String,
    pub state: warning::EventState,
    pub opened: String,
    pub columns: Vec<Column>,
    pub silent: Vec<Silent>,
    pub sources: usize,
    pub differences: Vec<Difference>,
    pub acks: Vec<Ack>,
    pub shown_digest: String,
    pub own_ack_needed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sending {
    pub state: &'static str,
    pub sent: u64,
    pub receipted: u64,
    pub waiting: u64,
    pub rtt_ms: Option<f64>,
    pub epoch: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Receiving {
    pub state: &'static str,
    pub received: u64,
    pub epoch: u64,
    pub last_head_age_s: Option<f64>,
    pub one_way_ms: Option<f64>,
    pub terms: String,
    pub level: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Link {
    pub partner: String,
    pub partner_name: String,
    pub lane: statement::Lane,
    pub sending: Sending,
    pub receiving: Receiving,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    pub who: String,
    pub reason: String,
    pub count: u64,
    pub last: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Withheld {
    pub partner: String,
    pub kind: String,
    pub level: String,
    pub reason: String,
    pub count: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Milestone {
    pub at: String,
    pub text: String,
}
