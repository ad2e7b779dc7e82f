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
    let mut lines = match read_line(&mut reader).await? {
        Line::End => return Ok(()),
        Line::Bad(reason) => return Err(reason),
        Line::Text(header) => {
            PlotLines::header(&header).map_err(|error| error.to_string())?.only_of(&meaning.sensors)
        }
    };
    let mut plots = Vec::new();
    for number in 2.. {
        let plot = match read_line(&mut reader).await? {
            Line::End => return Ok(()),
            Line::Bad(reason) => Err(reason),
            // The line number would make every refusal another: one kind of error is counted as one.
            Line::Text(line) => lines.line(number, &line, meaning.t0).map_err(|error| error.expected),
        };
        match plot {
            Ok(plot) => plots.push(plot),
            Err(reason) => {
                let who = "sensor feed".to_owned();
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

enum Line {
    /// With its line feed.
    Text(String),
    /// Cannot be a line; the next one may be.
    Bad(String),
    /// The sensor has closed the connection.
    End,
}

/// Reads a line. However long it is, it takes no more than [`LINE_BYTES_MAX`] of memory.
async fn read_line(reader: &mut BufReader<TcpStream>) -> Result<Line, String> {
    let mut bytes = Vec::new();
    let mut length = 0_u64;
    loop {
        let read = (&mut *reader)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut bytes)
            .await
            .map_err(|error| format!("the connection failed: {error}"))? as u64;
        length += read;
        let ended = bytes.last() == Some(&b'\n');
        if length > LINE_BYTES_MAX && (ended || read < LINE_BYTES_MAX) {
            return Ok(Line::Bad(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
        }
        if ended {
            break;
        }
        if read < LINE_BYTES_MAX {
            return match length {
                0 => Ok(Line::End),
                _ => Ok(Line::Bad("the last line is cut off; expected a line feed at its end".into())),
            };
        }
        bytes.clear();
    }
    let text = String::from_utf8(bytes).map(Line::Text);
    Ok(text.unwrap_or_else(|_| Line::Bad("expected UTF-8 text".to_owned())))
}
