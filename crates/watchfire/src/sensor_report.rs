//! Sensors' biases and health: a file for programs, a line for people.

use physics::time::Tai;
use picture::{Bias, Finding, SensorState, Standing};
use serde_json::{Value, json};

/// All sensors as JSON. Times are seconds after `t0`.
pub fn json(sensors: &[SensorState], t0: Tai) -> String {
    let finding = |finding: &Finding| {
        json!({
            "since_s": finding.since.since_s(t0),
            "until_s": finding.until.map(|until| until.since_s(t0)),
            "why": finding.why,
        })
    };
    let bias = |bias: &Bias| -> Value {
        json!({"value": bias.value, "low": bias.low, "high": bias.high, "applied": bias.applied})
    };
    let sensor = |sensor: &SensorState| {
        let four = |[range, azimuth, elevation, time]: &[Bias; 4]| {
            json!({
                "range_m": bias(range),
                "az_rad": bias(azimuth),
                "el_rad": bias(elevation),
                "time_s": bias(time),
            })
        };
        let relative: serde_json::Map<String, Value> =
            sensor.relative.iter().map(|(other, biases)| (other.clone(), four(biases))).collect();
        json!({
            "id": sensor.id,
            "standing": sensor.standing,
            "finding": sensor.finding.as_ref().map(finding),
            "past": sensor.past.iter().map(finding).collect::<Vec<Value>>(),
            "duplicates": sensor.duplicates,
            "last_duplicate_s": sensor.last_duplicate.map(|last| last.since_s(t0)),
            "common_plots": sensor.common_plots,
            "biases": sensor.biases.as_ref().map(four),
            "relative": relative,
        })
    };
    let all: Vec<Value> = sensors.iter().map(sensor).collect();
    format!("{:#}\n", Value::from(all))
}

/// What is to be said of a sensor; `None` where it is healthy and nothing is taken off its plots.
pub fn line(sensor: &SensorState, t0: Tai) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(finding) = &sensor.finding {
        let standing = if sensor.standing == Standing::Degraded { "degraded" } else { "disputed" };
        parts.push(format!("{standing} since {:.1} s: {}", finding.since.since_s(t0), finding.why));
    }
    if sensor.duplicates > 0 {
        let last_s = sensor.last_duplicate.map_or(0.0, |last| last.since_s(t0));
        parts.push(format!("{} plots heard twice, the last of {last_s:.1} s", sensor.duplicates));
    }
    let measures =
        [("range", 1.0, "m"), ("azimuth", 1e3, "mrad"), ("elevation", 1e3, "mrad"), ("time", 1e3, "ms")];
    let biases = sensor.biases.iter().flatten().zip(measures);
    for (bias, (name, scale, unit)) in biases.filter(|(bias, _)| bias.applied.is_some()) {
        let half = 0.5 * (bias.high - bias.low);
        parts.push(format!("{name} bias {:+.2} ± {:.2} {unit}, corrected", scale * bias.value, scale * half));
    }
    (!parts.is_empty()).then(|| format!("sensor {}: {}", sensor.id, parts.join("; ")))
}
