//! Events for the eye: three nations side by side.

use exchange::sha256;
use statement::convert::ELLIPSE_PROBABILITIES;
use statement::{GroundEstimate, Lane, Nation};
use warning::{Event, EventState, Heard, differences};

use crate::input::Now;
use crate::node::Node;
use crate::shell::view::model::{self, Ack, Column, Difference, Ellipse, Ground, Reachable, Receipt, Silent};

/// Ended events that are still shown.
const ENDED_SHOWN: usize = 5;

/// Events: those that go on first, the newest first.
pub fn events(node: &Node, now: Now, clock_speed: f64) -> Vec<model::Event> {
    let mut events: Vec<&Event> = node.state().events.all().iter().collect();
    events.sort_by_key(|event| (event.state == EventState::Ended, std::cmp::Reverse(event.opened)));
    let going_on = events.iter().filter(|event| event.state != EventState::Ended).count();
    events.truncate(going_on + ENDED_SHOWN);
    events.into_iter().map(|event| shown(node, event, now, clock_speed)).collect()
}

fn shown(node: &Node, event: &Event, now: Now, clock_speed: f64) -> model::Event {
    let own = node.state().identity.nation;
    let nations: Vec<Nation> = std::iter::once(own).chain(node.partners()).collect();
    let columns = nations
        .iter()
        .filter_map(|&nation| Some(column(nation, nation == own, event.column(nation)?, now, clock_speed)))
        .collect();
    let silent = nations
        .iter()
        .filter(|&&nation| event.column(nation).is_none())
        .map(|&nation| Silent { nation: nation.to_string(), why: why_silent(node, nation) })
        .collect();
    let warned = event.lines.values().any(|heard| heard.assessment.warning);
    let acknowledged = event.acknowledged.iter().any(|acknowledged| acknowledged.nation == own);
    model::Event {
        id: event.id.clone(),
        state: event.state,
        opened: event.opened.to_utc(),
        columns,
        silent,
        sources: event.source_tags().len(),
        differences: differences(event)
            .into_iter()
            .map(|difference| Difference {
                field: difference.field,
                nations: [difference.nations.0.to_string(), difference.nations.1.to_string()],
                text: difference.text,
                sigmas: difference.sigmas,
            })
            .collect(),
        acks: event.acknowledged.iter().map(|acknowledged| ack(node, acknowledged)).collect(),
        shown_digest: sha256(&[&event.shown_bytes()]).to_string(),
        own_ack_needed: warned && !acknowledged && event.state != EventState::Ended,
    }
}

fn column(nation: Nation, own: bool, heard: &Heard, now: Now, clock_speed: f64) -> Column {
    let assessment = &heard.assessment;
    let class = assessment.classes.most_likely();
    let released = assessment.hops.released;
    Column {
        nation: nation.to_string(),
        own,
        assessment_id: assessment.assessment_id.clone(),
        revision: assessment.revision,
        status: assessment.status,
        phase: assessment.phase,
        class,
        class_probability: assessment.classes.of(class),
        threat_probability: assessment.threat_probability,
        warning: assessment.warning,
        launch: assessment.launch.as_ref().map(ground),
        impact: assessment.impact.as_ref().map(ground),
        reachable: assessment.reachable.as_ref().map(|area| Reachable {
            outline: area.outline_deg.iter().map(|&(lat_deg, lon_deg)| [lon_deg, lat_deg]).collect(),
            from: area.time.0.to_utc(),
            to: area.time.1.to_utc(),
        }),
        course_deg: assessment.course_deg.map(|(course, _)| course),
        apogee_m: assessment.apogee_m.map(|(apogee, _)| apogee),
        objects: assessment.object_count,
        sources: assessment.evidence.source_tags.clone(),
        last_observed_age_s: now.tai.since_s(assessment.evidence.last_observed).max(0.0),
        observed: assessment
            .observed
            .map(|point| [point.place.lon_deg, point.place.lat_deg, point.place.alt_m]),
        under_thrust: assessment.under_thrust,
        // The exercise's clock may run fast; a delay is of wall time.
        received_latency_ms: (!own).then(|| heard.received.since_s(released).max(0.0) * 1e3 / clock_speed),
        sensed: assessment.evidence.last_observed.to_utc(),
    }
}

fn ground(estimate: &GroundEstimate) -> Ground {
    Ground {
        lat_deg: estimate.place.lat_deg,
        lon_deg: estimate.place.lon_deg,
        time: estimate.time.to_utc(),
        time_sigma_s: estimate.time_sigma_s,
        ellipses: ELLIPSE_PROBABILITIES
            .iter()
            .map(|&probability| {
                let (semi_major_m, semi_minor_m) = estimate.ellipse.axes_m(probability);
                Ellipse { probability, semi_major_m, semi_minor_m, azimuth_deg: estimate.ellipse.azimuth_deg }
            })
            .collect(),
    }
}

fn why_silent(node: &Node, nation: Nation) -> String {
    if nation == node.state().identity.nation {
        return "our sensors have not seen it".into();
    }
    match node.state().links.get(&(nation, Lane::Warning)) {
        Some(link) if link.receiving && link.terms.level.is_some() => {
            "has said nothing of it; its link is up".into()
        }
        Some(link) if link.receiving => format!("releases nothing to us: {}", link.terms.reason),
        _ => "its link is down".into(),
    }
}

fn ack(node: &Node, acknowledged: &warning::Acknowledged) -> Ack {
    let own = acknowledged.nation == node.state().identity.nation;
    let sent = node.state().own_acknowledgements.iter().find(|sent| sent.body_id == acknowledged.body_id);
    let receipts = sent.into_iter().flat_map(|sent| {
        sent.numbers.keys().map(|partner| {
            let at = sent.receipts.get(partner);
            let state = if at.is_some() { "received" } else { "pending" };
            Receipt { partner: partner.to_string(), state, at: at.map(|at| at.to_utc()) }
        })
    });
    Ack {
        nation: acknowledged.nation.to_string(),
        own,
        actor: acknowledged.statement.actor.clone(),
        acted: acknowledged.statement.acted.to_utc(),
        receipts: receipts.collect(),
    }
}
