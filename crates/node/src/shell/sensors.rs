//! The sensor feed: sensors connect and write plot-CSV lines, the header first.

use std::sync::Arc;

use formats::PlotLines;
use physics::sensor::Sensor;
use physics::time::Tai;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use crate::driver::Arrival;

/// Sensors that may be connected at one time.
const CONNECTIONS_MAX: usize = 64;
/// The longest line, bytes.
const LINE_BYTES_MAX: u64 = 4_096;
/// Plots handed over at once.
const PLOTS_MAX: usize = 256;

/// What the lines mean.
pub struct Meaning {
    /// The instant of `time_s` 0.
    pub t0: Tai,
    /// The sensors that may speak.
    pub sensors: Vec<Sensor>,
}

/// Takes sensors at `listener` until the process ends.
pub async fn serve(listener: TcpListener, meaning: Arc<Meaning>, arrivals: mpsc::Sender<Arrival>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Ok(permit) = connections.clone().acquire_owned().await {
        let Ok((stream, address)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let (meaning, arrivals) = (meaning.clone(), arrivals.clone());
        tokio::spawn(async move {
            if let Err(reason) = read(stream, &meaning, &arrivals).await {
                let who = format!("sensor feed {}", address.ip());
                let _ = arrivals.send(Arrival::Refused { who, reason }).await;
            }
            drop(permit);
        });
    }
}

/// Reads one connection to its end. A bad line is counted and the next one read; a bad header ends it.
async fn read(stream: TcpStream, meaning: &Meaning, arrivals: &mpsc::Sender<Arrival>) -> Result<(), String> {
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    let mut line = String::new();
    let length = read_line(&mut reader, &mut line).await?;
    if length == 0 {
        return Ok(());
    }
    let mut lines = PlotLines::header(&line).map_err(|error| error.to_string())?.only_of(&meaning.sensors);
    let mut plots = Vec::new();
    for number in 2.. {
        if read_line(&mut reader, &mut line).await? == 0 {
            break;
        }
        match lines.line(number, &line, meaning.t0) {
            Ok(plot) => plots.push(plot),
            Err(error) => {
                // The line number would make every refusal another: one kind of error is counted as one.
                let (who, reason) = ("sensor feed".to_owned(), error.expected);
                let _ = arrivals.send(Arrival::Refused { who, reason }).await;
            }
        }
        // What a sensor wrote at once is handed over at once.
        let more = reader.buffer().contains(&b'\n');
        if (!more || plots.len() >= PLOTS_MAX)
            && !plots.is_empty()
            && arrivals.send(Arrival::Plots(std::mem::take(&mut plots))).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

async fn read_line(reader: &mut BufReader<TcpStream>, line: &mut String) -> Result<usize, String> {
    line.clear();
    let mut bytes = Vec::new();
    let length = (&mut *reader)
        .take(LINE_BYTES_MAX)
        .read_until(b'\n', &mut bytes)
        .await
        .map_err(|error| format!("the connection failed: {error}"))?;
    if length as u64 == LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
        return Err(format!("a line is longer than {LINE_BYTES_MAX} bytes"));
    }
    if length > 0 && bytes.last() != Some(&b'\n') {
        return Err("the last line is cut off; expected a line feed at its end".into());
    }
    *line = String::from_utf8(bytes).map_err(|_| "expected UTF-8 text".to_owned())?;
    Ok(length)
}
