//! What the picture knows of a sensor, as the console is shown it.

use picture::{Bias, SensorState, Standing};

use super::model;

/// What a view says beside the sensor's counts.
pub fn health(state: Option<&SensorState>) -> model::SensorHealth {
    let Some(state) = state else { return model::SensorHealth::default() };
    let finding = state.finding.as_ref();
    model::SensorHealth {
        standing: match state.standing {
            Standing::Healthy => "healthy",
            Standing::Disputed => "disputed",
            Standing::Degraded => "degraded",
        },
        since: finding.map(|finding| finding.since.to_utc()),
        why: finding.map(|finding| finding.why.clone()),
        duplicates: state.duplicates,
        common_plots: state.common_plots,
        biases: state.biases.as_ref().map(|[range, azimuth, elevation, time]| model::SensorBiases {
            range_m: bias(range),
            az_rad: bias(azimuth),
            el_rad: bias(elevation),
            time_s: bias(time),
        }),
    }
}

fn bias(bias: &Bias) -> model::SensorBias {
    model::SensorBias { value: bias.value, low: bias.low, high: bias.high, applied: bias.applied }
}
