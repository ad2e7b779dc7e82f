//! How soon the consoles of a demo can be used.

use std::time::Instant;

use node::shell::clock::posix_ns;

use super::Figure;
use super::stage::{Stage, load};
use crate::built_in;
use crate::demo::folder::ClockSetting;
use crate::problem::Problem;

/// Makes three nations' keys and certificates, starts their nodes and loads each console's page and first view.
pub fn run() -> Result<Vec<Figure>, Problem> {
    let runtime = tokio::runtime::Runtime::new().map_err(Problem::failed)?;
    let took_s = runtime.block_on(async {
        let scenario = built_in::scenario("2022-10-04")?;
        let started = Instant::now();
        let clock = ClockSetting { started_posix_ns: posix_ns(), speed: 1.0 };
        let stage = Stage::raise(&scenario, &clock).await?;
        let mut loaded = Ok(());
        for console in stage.consoles.values() {
            for path in ["/", "/api/view"] {
                match load(*console, path).await {
                    Ok(0) => loaded = Err(Problem::failed(format!("{path} is empty"))),
                    Ok(_) => {}
                    Err(error) => loaded = Err(Problem::failed(error)),
                }
            }
        }
        let took_s = started.elapsed().as_secs_f64();
        stage.strike().await;
        loaded.map(|()| took_s)
    })?;
    Ok(vec![Figure {
        name: "demo start until all three consoles answer, keys included".into(),
        goal: Some(3.0),
        measured: took_s,
        unit: "s".into(),
        higher_is_better: false,
    }])
}
