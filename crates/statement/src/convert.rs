//! The only door between wire and domain: what a domain type cannot hold is refused here, by name.

use physics::ellipse::Ellipse;
use physics::geodetic::Geodetic;
use physics::information;
use physics::time::Tai;
use prost::Message;

use crate::assessment::{
    Acknowledge, Assessment, AssessmentStatus, ClassProbabilities, Evidence, FlightPoint, GroundEstimate,
    Hops, ObjectClass, Phase, Phenomenon, ReachableArea, StatementRef,
};
use crate::kind::{Kind, Statement};
use crate::nation::Nation;
use crate::roster::{Member, Officer, Roster};
use crate::track::{Prior, Track, TrackBatch, TrackStatus, Tracklet};
use crate::wire;

/// The probabilities of the ellipses that a ground estimate carries, in this order.
pub const ELLIPSE_PROBABILITIES: [f64; 3] = [0.5, 0.9, 0.99];

/// Longest text that any field may hold, bytes.
pub const TEXT_BYTES_MAX: usize = 256;

/// Most items that any list may hold.
pub const ITEMS_MAX: usize = 1_000;

/// A payload that is not what its kind says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct Malformed {
    /// The field, as the schema names it.
    pub field: &'static str,
    /// What it should have been.
    pub expected: &'static str,
}

fn malformed<T>(field: &'static str, expected: &'static str) -> Result<T, Malformed> {
    Err(Malformed { field, expected })
}

fn within(
    field: &'static str,
    value: f64,
    low: f64,
    high: f64,
    expected: &'static str,
) -> Result<f64, Malformed> {
    if value >= low && value <= high { Ok(value) } else { malformed(field, expected) }
}

fn finite(field: &'static str, value: f64) -> Result<f64, Malformed> {
    if value.is_finite() { Ok(value) } else { malformed(field, "a finite number") }
}

fn text(field: &'static str, value: String) -> Result<String, Malformed> {
    if value.len() > TEXT_BYTES_MAX || value.chars().any(char::is_control) {
        return malformed(field, "a text of at most 256 bytes without control characters");
    }
    Ok(value)
}

fn few<T>(field: &'static str, items: Vec<T>) -> Result<Vec<T>, Malformed> {
    if items.len() > ITEMS_MAX { malformed(field, "at most 1,000 items") } else { Ok(items) }
}

fn key(field: &'static str, bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, Malformed> {
    if bytes.len() == length {
        Ok(bytes)
    } else {
        malformed(field, "a public key of the length of its algorithm")
    }
}

impl Statement {
    /// The payload of a body: protobuf.
    pub fn encode_payload(&self) -> Vec<u8> {
        match self {
            Statement::TrackBatch(batch) => wire::TrackBatch::from(batch).encode_to_vec(),
            Statement::Assessment(assessment) => wire::Assessment::from(assessment).encode_to_vec(),
            Statement::Acknowledge(acknowledge) => wire::Acknowledge::from(acknowledge).encode_to_vec(),
            Statement::Roster(roster) => wire::Roster::from(roster).encode_to_vec(),
        }
    }

    /// Reads a payload of `kind`; refuses what is no such message or holds what the domain type cannot.
    pub fn decode_payload(kind: Kind, payload: &[u8]) -> Result<Statement, Malformed> {
        let wrong = |_| Malformed { field: "payload", expected: "a protobuf message of the body's kind" };
        Ok(match kind {
            Kind::TrackBatch => {
                Statement::TrackBatch(wire::TrackBatch::decode(payload).map_err(wrong)?.try_into()?)
            }
            Kind::Assessment => {
                Statement::Assessment(wire::Assessment::decode(payload).map_err(wrong)?.try_into()?)
            }
            Kind::Acknowledge => {
                Statement::Acknowledge(wire::Acknowledge::decode(payload).map_err(wrong)?.try_into()?)
            }
            Kind::Roster => Statement::Roster(wire::Roster::decode(payload).map_err(wrong)?.try_into()?),
        })
    }
}

impl From<&GroundEstimate> for wire::GroundEstimate {
    fn from(ground: &GroundEstimate) -> Self {
        wire::GroundEstimate {
            lat_deg: ground.place.lat_deg,
            lon_deg: ground.place.lon_deg,
            time_tai_ns: ground.time.0,
            time_sigma_s: ground.time_sigma_s,
            ellipses: ELLIPSE_PROBABILITIES
                .iter()
                .map(|&probability| {
                    let (semi_major_m, semi_minor_m) = ground.ellipse.axes_m(probability);
                    wire::Ellipse {
                        probability,
                        semi_major_m,
                        semi_minor_m,
                        azimuth_deg: ground.ellipse.azimuth_deg,
                    }
                })
                .collect(),
        }
    }
}

impl TryFrom<wire::GroundEstimate> for GroundEstimate {
    type Error = Malformed;
    fn try_from(ground: wire::GroundEstimate) -> Result<Self, Malformed> {
        let Some(ellipse) = ground.ellipses.iter().find(|ellipse| ellipse.probability == 0.9) else {
            return malformed("ground.ellipses", "a 90 % ellipse among them");
        };
        let scale = Ellipse::scale(0.9);
        let semi_major_m = within("ellipse.semi_major_m", ellipse.semi_major_m, 0.0, 1e8, "0 to 1e8 metres")?;
        let semi_minor_m =
            within("ellipse.semi_minor_m", ellipse.semi_minor_m, 0.0, semi_major_m, "0 to the major")?;
        // Where one is left out, or the major axis is none, it is a normal error's. In millionths: a quotient of axes has
        // other last bits each time it is written and read.
        let tail = |probability: f64| {
            let other = ground.ellipses.iter().find(|other| other.probability == probability);
            let tail = other
                .filter(|_| semi_major_m > 1e-3)
                .map_or(1.0, |other| other.semi_major_m / semi_major_m * scale / Ellipse::scale(probability));
            let tail = (tail * 1e6).round() / 1e6;
            within("ellipse.semi_major_m", tail, 0.0, 1e3, "a 50, 90 and 99 % ellipse of one shape")
        };
        Ok(GroundEstimate {
            place: Geodetic {
                lat_deg: within("ground.lat_deg", ground.lat_deg, -90.0, 90.0, "-90 to 90 degrees")?,
                lon_deg: within("ground.lon_deg", ground.lon_deg, -180.0, 180.0, "-180 to 180 degrees")?,
                alt_m: 0.0,
            },
            ellipse: Ellipse {
                semi_major_m: semi_major_m / scale,
                semi_minor_m: semi_minor_m / scale,
                azimuth_deg: within(
                    "ellipse.azimuth_deg",
                    ellipse.azimuth_deg,
                    0.0,
                    180.0,
                    "0 to 180 degrees",
                )?,
                tails: [tail(0.5)?, tail(0.99)?],
            },
            time: Tai(ground.time_tai_ns),
            time_sigma_s: within("ground.time_sigma_s", ground.time_sigma_s, 0.0, 1e6, "0 to 1e6 seconds")?,
        })
    }
}

impl From<&Evidence> for wire::Evidence {
    fn from(evidence: &Evidence) -> Self {
        wire::Evidence {
            phenomena: evidence
                .phenomena
                .iter()
                .map(|&phenomenon| wire::Phenomenon::from(phenomenon).into())
                .collect(),
            source_tags: evidence.source_tags.clone(),
            plots: evidence.plots,
            first_observed_tai_ns: evidence.first_observed.0,
            last_observed_tai_ns: evidence.last_observed.0,
        }
    }
}

impl TryFrom<wire::Evidence> for Evidence {
    type Error = Malformed;
    fn try_from(evidence: wire::Evidence) -> Result<Self, Malformed> {
        let mut source_tags = few("evidence.source_tags", evidence.source_tags)?
            .into_iter()
            .map(|tag| text("evidence.source_tags", tag))
            .collect::<Result<Vec<_>, _>>()?;
        source_tags.sort();
        source_tags.dedup();
        let mut phenomena: Vec<_> = few("evidence.phenomena", evidence.phenomena)?
            .into_iter()
            .map(|number| wire::Phenomenon::try_from(number).unwrap_or_default().into())
            .collect();
        phenomena.sort();
        phenomena.dedup();
        Ok(Evidence {
            phenomena,
            source_tags,
            plots: evidence.plots,
            first_observed: Tai(evidence.first_observed_tai_ns),
            last_observed: Tai(evidence.last_observed_tai_ns),
        })
    }
}

impl From<&Hops> for wire::Hops {
    fn from(hops: &Hops) -> Self {
        wire::Hops {
            sensed_tai_ns: hops.sensed.0,
            received_tai_ns: hops.received.0,
            tracked_tai_ns: hops.tracked.0,
            assessed_tai_ns: hops.assessed.0,
            released_tai_ns: hops.released.0,
        }
    }
}

impl From<wire::Hops> for Hops {
    fn from(hops: wire::Hops) -> Self {
        Hops {
            sensed: Tai(hops.sensed_tai_ns),
            received: Tai(hops.received_tai_ns),
            tracked: Tai(hops.tracked_tai_ns),
            assessed: Tai(hops.assessed_tai_ns),
            released: Tai(hops.released_tai_ns),
        }
    }
}

impl From<&FlightPoint> for wire::FlightPoint {
    fn from(point: &FlightPoint) -> Self {
        let Geodetic { lat_deg, lon_deg, alt_m } = point.place;
        wire::FlightPoint { lat_deg, lon_deg, alt_m, time_tai_ns: point.time.0 }
    }
}

impl TryFrom<wire::FlightPoint> for FlightPoint {
    type Error = Malformed;
    fn try_from(point: wire::FlightPoint) -> Result<Self, Malformed> {
        let lat_deg = within("flight_point.lat_deg", point.lat_deg, -90.0, 90.0, "-90 to 90")?;
        let lon_deg = within("flight_point.lon_deg", point.lon_deg, -180.0, 180.0, "-180 to 180")?;
        let place = Geodetic { lat_deg, lon_deg, alt_m: finite("flight_point.alt_m", point.alt_m)? };
        Ok(FlightPoint { place, time: Tai(point.time_tai_ns) })
    }
}

impl From<&ReachableArea> for wire::ReachableArea {
    fn from(area: &ReachableArea) -> Self {
        wire::ReachableArea {
            outline_deg: area.outline_deg.iter().flat_map(|&(lat_deg, lon_deg)| [lat_deg, lon_deg]).collect(),
            from_tai_ns: area.time.0.0,
            to_tai_ns: area.time.1.0,
        }
    }
}

impl TryFrom<wire::ReachableArea> for ReachableArea {
    type Error = Malformed;
    fn try_from(area: wire::ReachableArea) -> Result<Self, Malformed> {
        let (corners, rest) = area.outline_deg.as_chunks::<2>();
        if !rest.is_empty() || !(3..=ReachableArea::CORNERS_MAX).contains(&corners.len()) {
            return malformed("reachable.outline_deg", "latitude and longitude of 3 to 64 corners");
        }
        if area.from_tai_ns > area.to_tai_ns {
            return malformed("reachable.from_tai_ns", "at most reachable.to_tai_ns");
        }
        let corner = |&[lat_deg, lon_deg]: &[f64; 2]| {
            let lat_deg = within("reachable.outline_deg", lat_deg, -90.0, 90.0, "latitudes of -90 to 90")?;
            Ok((
                lat_deg,
                within("reachable.outline_deg", lon_deg, -180.0, 180.0, "longitudes of -180 to 180")?,
            ))
        };
        Ok(ReachableArea {
            outline_deg: corners.iter().map(corner).collect::<Result<_, Malformed>>()?,
            time: (Tai(area.from_tai_ns), Tai(area.to_tai_ns)),
        })
    }
}

impl From<&Assessment> for wire::Assessment {
    fn from(assessment: &Assessment) -> Self {
        wire::Assessment {
            assessment_id: assessment.assessment_id.clone(),
            revision: assessment.revision,
            phase: wire::Phase::from(assessment.phase).into(),
            status: wire::AssessmentStatus::from(assessment.status).into(),
            classes: assessment
                .classes
                .0
                .iter()
                .map(|&(class, probability)| wire::ClassProbability {
                    class: wire::ObjectClass::from(class).into(),
                    probability,
                })
                .collect(),
            threat_probability: assessment.threat_probability,
            warning: assessment.warning,
            launch: assessment.launch.as_ref().map(Into::into),
            impact: assessment.impact.as_ref().map(Into::into),
            course_deg: assessment.course_deg.map(|(value, _)| value),
            course_sigma_deg: assessment.course_deg.map(|(_, sigma)| sigma),
            apogee_m: assessment.apogee_m.map(|(value, _)| value),
            apogee_sigma_m: assessment.apogee_m.map(|(_, sigma)| sigma),
            object_count_min: assessment.object_count.0,
            object_count_max: assessment.object_count.1,
            evidence: Some((&assessment.evidence).into()),
            hops: Some((&assessment.hops).into()),
            track_id: assessment.track_id.clone(),
            observed: assessment.observed.as_ref().map(Into::into),
            under_thrust: assessment.under_thrust,
            burnout: assessment.burnout.as_ref().map(Into::into),
            notice: assessment.notice.clone(),
            satellite: assessment.satellite.clone(),
            reachable: assessment.reachable.as_ref().map(Into::into),
        }
    }
}

fn with_sigma(
    field: &'static str,
    value: Option<f64>,
    sigma: Option<f64>,
) -> Result<Option<(f64, f64)>, Malformed> {
    value
        .map(|value| {
            Ok((
                finite(field, value)?,
                within(field, sigma.unwrap_or(0.0), 0.0, 1e9, "a sigma of 0 or more")?,
            ))
        })
        .transpose()
}

impl TryFrom<wire::Assessment> for Assessment {
    type Error = Malformed;
    fn try_from(assessment: wire::Assessment) -> Result<Self, Malformed> {
        if assessment.object_count_min > assessment.object_count_max {
            return malformed("object_count_min", "at most object_count_max");
        }
        let classes = few("classes", assessment.classes.clone())?
            .into_iter()
            .map(|class| {
                let probability = within("classes.probability", class.probability, 0.0, 1.0, "0 to 1")?;
                Ok((class.class().into(), probability))
            })
            .collect::<Result<Vec<_>, Malformed>>()?;
        Ok(Assessment {
            phase: assessment.phase().into(),
            status: assessment.status().into(),
            assessment_id: text("assessment_id", assessment.assessment_id)?,
            revision: assessment.revision,
            classes: ClassProbabilities(classes),
            threat_probability: within(
                "threat_probability",
                assessment.threat_probability,
                0.0,
                1.0,
                "0 to 1",
            )?,
            warning: assessment.warning,
            launch: assessment.launch.map(TryInto::try_into).transpose()?,
            impact: assessment.impact.map(TryInto::try_into).transpose()?,
            course_deg: with_sigma("course_deg", assessment.course_deg, assessment.course_sigma_deg)?,
            apogee_m: with_sigma("apogee_m", assessment.apogee_m, assessment.apogee_sigma_m)?,
            object_count: (assessment.object_count_min, assessment.object_count_max),
            evidence: assessment.evidence.unwrap_or_default().try_into()?,
            hops: assessment.hops.unwrap_or_default().into(),
            track_id: text("track_id", assessment.track_id)?,
            observed: assessment.observed.map(TryInto::try_into).transpose()?,
            under_thrust: assessment.under_thrust,
            burnout: assessment.burnout.map(TryInto::try_into).transpose()?,
            notice: text("notice", assessment.notice)?,
            satellite: text("satellite", assessment.satellite)?,
            reachable: assessment.reachable.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<&Track> for wire::Track {
    fn from(track: &Track) -> Self {
        wire::Track {
            track_id: track.track_id.clone(),
            status: wire::TrackStatus::from(track.status).into(),
            time_tai_ns: track.time.0,
            state: track.state.to_vec(),
            covariance: track.covariance.to_vec(),
            evidence: Some((&track.evidence).into()),
            tracklet: track.tracklet.as_ref().map(Into::into),
        }
    }
}

impl From<&Tracklet> for wire::Tracklet {
    fn from(tracklet: &Tracklet) -> Self {
        let prior = tracklet.prior.as_ref();
        wire::Tracklet {
            from_tai_ns: tracklet.from.0,
            to_tai_ns: tracklet.to.0,
            prior_information: prior.map(|prior| prior.information.to_vec()).unwrap_or_default(),
            prior_offset: prior.map(|prior| prior.offset.to_vec()).unwrap_or_default(),
        }
    }
}

impl TryFrom<wire::Tracklet> for Tracklet {
    type Error = Malformed;
    fn try_from(tracklet: wire::Tracklet) -> Result<Self, Malformed> {
        if tracklet.from_tai_ns > tracklet.to_tai_ns {
            return malformed("tracklet.from_tai_ns", "at most tracklet.to_tai_ns");
        }
        let prior = if tracklet.prior_information.is_empty() && tracklet.prior_offset.is_empty() {
            None
        } else {
            let information: [f64; 21] = tracklet.prior_information.try_into().map_err(|_| Malformed {
                field: "tracklet.prior_information",
                expected: "none or 21 numbers",
            })?;
            if !information::is_semidefinite(&information::of_triangle(&information)) {
                return malformed("tracklet.prior_information", "a positive semidefinite matrix");
            }
            let offset: [f64; 6] = tracklet
                .prior_offset
                .try_into()
                .map_err(|_| Malformed { field: "tracklet.prior_offset", expected: "6 numbers" })?;
            for number in offset {
                finite("tracklet.prior_offset", number)?;
            }
            Some(Prior { information, offset })
        };
        Ok(Tracklet { from: Tai(tracklet.from_tai_ns), to: Tai(tracklet.to_tai_ns), prior })
    }
}

impl TryFrom<wire::Track> for Track {
    type Error = Malformed;
    fn try_from(track: wire::Track) -> Result<Self, Malformed> {
        let status = track.status().into();
        let numbers = track.state.iter().chain(&track.covariance);
        if numbers.clone().any(|number| !number.is_finite()) {
            return malformed("track.state", "finite numbers");
        }
        let tracklet: Option<Tracklet> = track.tracklet.map(TryInto::try_into).transpose()?;
        if tracklet.as_ref().is_some_and(|tracklet| tracklet.to.0 > track.time_tai_ns) {
            return malformed("tracklet.to_tai_ns", "at most track.time_tai_ns");
        }
        Ok(Track {
            track_id: text("track.track_id", track.track_id)?,
            status,
            time: Tai(track.time_tai_ns),
            state: track
                .state
                .try_into()
                .map_err(|_| Malformed { field: "track.state", expected: "6 numbers" })?,
            covariance: track
                .covariance
                .try_into()
                .map_err(|_| Malformed { field: "track.covariance", expected: "21 numbers" })?,
            evidence: track.evidence.unwrap_or_default().try_into()?,
            tracklet,
        })
    }
}

impl From<&TrackBatch> for wire::TrackBatch {
    fn from(batch: &TrackBatch) -> Self {
        wire::TrackBatch {
            tracks: batch.tracks.iter().map(Into::into).collect(),
            hops: Some((&batch.hops).into()),
        }
    }
}

impl TryFrom<wire::TrackBatch> for TrackBatch {
    type Error = Malformed;
    fn try_from(batch: wire::TrackBatch) -> Result<Self, Malformed> {
        Ok(TrackBatch {
            tracks: few("tracks", batch.tracks)?
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            hops: batch.hops.unwrap_or_default().into(),
        })
    }
}

impl From<&StatementRef> for wire::StatementRef {
    fn from(reference: &StatementRef) -> Self {
        wire::StatementRef {
            origin: reference.origin.to_string(),
            statement_id: reference.statement_id.clone(),
            revision: reference.revision,
            body_id: reference.body_id.to_vec(),
        }
    }
}

fn nation(field: &'static str, letters: &str) -> Result<Nation, Malformed> {
    letters.parse().map_err(|_| Malformed { field, expected: "a nation of three lower-case letters" })
}

fn digest(field: &'static str, bytes: Vec<u8>) -> Result<[u8; 32], Malformed> {
    bytes.try_into().map_err(|_| Malformed { field, expected: "32 bytes" })
}

impl TryFrom<wire::StatementRef> for StatementRef {
    type Error = Malformed;
    fn try_from(reference: wire::StatementRef) -> Result<Self, Malformed> {
        Ok(StatementRef {
            origin: nation("statements.origin", &reference.origin)?,
            statement_id: text("statements.statement_id", reference.statement_id)?,
            revision: reference.revision,
            body_id: digest("statements.body_id", reference.body_id)?,
        })
    }
}

impl From<&Acknowledge> for wire::Acknowledge {
    fn from(acknowledge: &Acknowledge) -> Self {
        wire::Acknowledge {
            acknowledge_id: acknowledge.acknowledge_id.clone(),
            event_id: acknowledge.event_id.clone(),
            statements: acknowledge.statements.iter().map(Into::into).collect(),
            actor: acknowledge.actor.clone(),
            shown_digest: acknowledge.shown_digest.to_vec(),
            actor_key: acknowledge.actor_key.clone(),
            actor_signature: acknowledge.actor_signature.clone(),
            acted_tai_ns: acknowledge.acted.0,
        }
    }
}

impl TryFrom<wire::Acknowledge> for Acknowledge {
    type Error = Malformed;
    fn try_from(acknowledge: wire::Acknowledge) -> Result<Self, Malformed> {
        Ok(Acknowledge {
            acknowledge_id: text("acknowledge_id", acknowledge.acknowledge_id)?,
            event_id: text("event_id", acknowledge.event_id)?,
            statements: few("statements", acknowledge.statements)?
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            actor: text("actor", acknowledge.actor)?,
            shown_digest: digest("shown_digest", acknowledge.shown_digest)?,
            actor_key: key("actor_key", acknowledge.actor_key, 32)?,
            actor_signature: key("actor_signature", acknowledge.actor_signature, 64)?,
            acted: Tai(acknowledge.acted_tai_ns),
        })
    }
}

impl From<&Roster> for wire::Roster {
    fn from(roster: &Roster) -> Self {
        wire::Roster {
            version: roster.version,
            realm: roster.realm.to_string(),
            members: roster
                .members
                .iter()
                .map(|member| wire::Member {
                    nation: member.nation.to_string(),
                    name: member.name.clone(),
                    ca_certificate: member.ca_certificate.clone(),
                    addresses: member.addresses.clone(),
                    body_ed25519: member.body_ed25519.clone(),
                    body_ml_dsa_65: member.body_ml_dsa_65.clone(),
                    head_ed25519: member.head_ed25519.clone(),
                    head_ml_dsa_44: member.head_ml_dsa_44.clone(),
                    receipt_ed25519: member.receipt_ed25519.clone(),
                    receipt_ml_dsa_44: member.receipt_ml_dsa_44.clone(),
                    officers: member
                        .officers
                        .iter()
                        .map(|officer| wire::Officer {
                            actor: officer.actor.clone(),
                            key: officer.key.clone(),
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}

impl TryFrom<wire::Member> for Member {
    type Error = Malformed;
    fn try_from(member: wire::Member) -> Result<Self, Malformed> {
        Ok(Member {
            nation: nation("members.nation", &member.nation)?,
            name: text("members.name", member.name)?,
            ca_certificate: member.ca_certificate,
            addresses: few("members.addresses", member.addresses)?
                .into_iter()
                .map(|address| text("members.addresses", address))
                .collect::<Result<_, _>>()?,
            body_ed25519: key("members.body_ed25519", member.body_ed25519, 32)?,
            body_ml_dsa_65: key("members.body_ml_dsa_65", member.body_ml_dsa_65, 1952)?,
            head_ed25519: key("members.head_ed25519", member.head_ed25519, 32)?,
            head_ml_dsa_44: key("members.head_ml_dsa_44", member.head_ml_dsa_44, 1312)?,
            receipt_ed25519: key("members.receipt_ed25519", member.receipt_ed25519, 32)?,
            receipt_ml_dsa_44: key("members.receipt_ml_dsa_44", member.receipt_ml_dsa_44, 1312)?,
            officers: few("members.officers", member.officers)?
                .into_iter()
                .map(|officer| {
                    Ok(Officer {
                        actor: text("officers.actor", officer.actor)?,
                        key: key("officers.key", officer.key, 32)?,
                    })
                })
                .collect::<Result<_, Malformed>>()?,
        })
    }
}

impl TryFrom<wire::Roster> for Roster {
    type Error = Malformed;
    fn try_from(roster: wire::Roster) -> Result<Self, Malformed> {
        let members: Vec<Member> =
            few("members", roster.members)?.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        if members.windows(2).any(|pair| pair[0].nation >= pair[1].nation) {
            return malformed("members", "each nation once, in the order of their letters");
        }
        Ok(Roster {
            version: roster.version,
            realm: roster
                .realm
                .parse()
                .map_err(|_| Malformed { field: "realm", expected: "`live` or `exercise/NAME`" })?,
            members,
        })
    }
}

/// Both directions of an enumeration; a value that this build does not know becomes `Unknown`.
macro_rules! both_ways {
    ($domain:ident, $wire:ident, $($name:ident),+) => {
        impl From<$domain> for wire::$wire {
            fn from(value: $domain) -> Self {
                match value { $($domain::$name => wire::$wire::$name),+ }
            }
        }
        impl From<wire::$wire> for $domain {
            fn from(value: wire::$wire) -> Self {
                match value { $(wire::$wire::$name => $domain::$name),+ }
            }
        }
    };
}

both_ways!(ObjectClass, ObjectClass, Ballistic, Manoeuvring, SpaceLaunch, Satellite, Aircraft, Unknown);
both_ways!(TrackStatus, TrackStatus, Tentative, Firm, Coasting, Lost, Unknown);
both_ways!(AssessmentStatus, AssessmentStatus, Preliminary, Established, Withdrawn, Unknown);
both_ways!(Phase, Phase, Initial, Update, Final, Cancel, Unknown);
both_ways!(Phenomenon, Phenomenon, Radar, Infrared, Unknown);
