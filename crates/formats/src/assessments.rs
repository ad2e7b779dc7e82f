//! Assessment files: JSON lines.

use physics::time::Tai;
use serde_json::{Map, Value, json};
use statement::{Assessment, FlightPoint, GroundEstimate};

/// One assessment as a line of JSON, without the line's end; `t0` is the instant of `time_s` 0. Ellipses are those
/// that hold the truth with 90 %.
pub fn write_assessment(assessment: &Assessment, t0: Tai) -> String {
    let seconds = |time: Tai| round(time.since_s(t0), 3);
    let ground = |estimate: &GroundEstimate| {
        let (major_m, minor_m) = estimate.ellipse.axes_m(0.9);
        json!({
            "lat_deg": round(estimate.place.lat_deg, 6),
            "lon_deg": round(estimate.place.lon_deg, 6),
            "time_s": seconds(estimate.time),
            "ellipse90_semi_major_m": round(major_m, 1),
            "ellipse90_semi_minor_m": round(minor_m, 1),
            "ellipse90_azimuth_deg": round(estimate.ellipse.azimuth_deg, 2),
            "time_sigma_s": round(estimate.time_sigma_s, 3),
        })
    };
    let point = |point: &FlightPoint| {
        json!({
            "lat_deg": round(point.place.lat_deg, 6),
            "lon_deg": round(point.place.lon_deg, 6),
            "alt_m": round(point.place.alt_m, 1),
            "time_s": seconds(point.time),
        })
    };
    let probabilities: Map<String, Value> = assessment
        .classes
        .0
        .iter()
        .map(|(class, probability)| (name(&class), json!(round(*probability, 6))))
        .collect();
    let evidence = &assessment.evidence;
    json!({
        "time_s": seconds(assessment.hops.assessed),
        "track_id": assessment.track_id,
        "revision": assessment.revision,
        "phase": name(&assessment.phase),
        "status": name(&assessment.status),
        "warning": assessment.warning,
        "threat_probability": round(assessment.threat_probability, 6),
        "class": name(&assessment.classes.most_likely()),
        "class_probability": probabilities,
        "launch": assessment.launch.as_ref().map(ground),
        "impact": assessment.impact.as_ref().map(ground),
        "course_deg": assessment.course_deg.map(|(degrees, _)| round(degrees, 2)),
        "course_sigma_deg": assessment.course_deg.map(|(_, sigma)| round(sigma, 3)),
        "apogee_m": assessment.apogee_m.map(|(metres, _)| round(metres, 1)),
        "apogee_sigma_m": assessment.apogee_m.map(|(_, sigma)| round(sigma, 1)),
        "observed": assessment.observed.as_ref().map(point),
        "under_thrust": assessment.under_thrust,
        "burnout": assessment.burnout.as_ref().map(point),
        "notice": named(&assessment.notice),
        "satellite": named(&assessment.satellite),
        "reachable": assessment.reachable.as_ref().map(|area| json!({
            "outline_deg": area
                .outline_deg
                .iter()
                .map(|(lat_deg, lon_deg)| [round(*lat_deg, 5), round(*lon_deg, 5)])
                .collect::<Vec<_>>(),
            "from_s": seconds(area.time.0),
            "to_s": seconds(area.time.1),
        })),
        "object_count_min": assessment.object_count.0,
        "object_count_max": assessment.object_count.1,
        "evidence": {
            "phenomena": evidence.phenomena.iter().map(name).collect::<Vec<_>>(),
            "source_tags": evidence.source_tags,
            "plots": evidence.plots,
            "first_observed_s": seconds(evidence.first_observed),
            "last_observed_s": seconds(evidence.last_observed),
        },
    })
    .to_string()
}

/// A name; null where there is none.
fn named(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The name of a domain value, as serde writes it.
fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => "unknown".to_owned(),
    }
}

/// Rounded to some decimals; what is not finite becomes null in JSON.
fn round(value: f64, decimals: u32) -> f64 {
    let factor = f64::from(10_u32.pow(decimals));
    (value * factor + 0.5).floor() / factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use statement::{AssessmentStatus, ClassProbabilities, ObjectClass};

    #[test]
    fn a_line_holds_what_the_design_lists() {
        let assessment = Assessment {
            track_id: "T-1".into(),
            status: AssessmentStatus::Established,
            classes: ClassProbabilities(vec![(ObjectClass::Ballistic, 0.99), (ObjectClass::Unknown, 0.01)]),
            launch: Some(GroundEstimate {
                ellipse: physics::ellipse::Ellipse {
                    semi_major_m: 100.0,
                    semi_minor_m: 50.0,
                    azimuth_deg: 10.0,
                    ..Default::default()
                },
                time: Tai(-5_000_000_000),
                ..GroundEstimate::default()
            }),
            apogee_m: Some((294_000.0, 100.0)),
            object_count: (1, 1),
            ..Assessment::default()
        };
        let line: Value = serde_json::from_str(&write_assessment(&assessment, Tai(0))).unwrap();
        assert_eq!(line["class"], "ballistic");
        assert_eq!(line["class_probability"]["ballistic"], 0.99);
        assert_eq!(line["status"], "established");
        assert_eq!(line["launch"]["time_s"], -5.0);
        // 100 m times √(−2 ln 0.1) = 2.1460.
        assert_eq!(line["launch"]["ellipse90_semi_major_m"], 214.6);
        assert_eq!(line["impact"], Value::Null);
        assert_eq!(line["apogee_m"], 294_000.0);
    }
}
