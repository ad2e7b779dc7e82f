//! Hostile lines on a sensor feed.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::common::{Running, address, made_folder, refused_count, view_when};

const HEADER: &str = "time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps\n";

fn write(feed: SocketAddr, parts: &[&[u8]]) {
    let mut stream = TcpStream::connect(feed).unwrap();
    for part in parts {
        // The node hangs up on a header that it does not know.
        let _ = stream.write_all(part);
    }
}

#[test]
fn bad_lines_are_counted_and_shown_and_good_ones_count() {
    let temporary = tempfile::tempdir().unwrap();
    let made = made_folder(temporary.path(), "feed");
    let folder = &made.folder;
    let config = folder.join("kor").join("node.toml").display().to_string();
    let mut node = Running::start(["node", "--config", &config]);
    node.wait_for(&["console http://"], Duration::from_secs(20));
    let (feed, console) = (address(folder, "kor", "sensor_feed"), address(folder, "kor", "console"));

    let good = |time_s: f64| format!("{time_s:?},1,kor-ship,500000.0,0.3,0.4,\n");
    let long = [vec![b'7'; 1_000_000], b"\n".to_vec()].concat();
    let lines: [&[u8]; 12] = [
        HEADER.as_bytes(),
        b"no plot\n",
        b"\n",
        b"0.1,1,kor-ship,NaN,0.3,0.4,\n",
        b"inf,1,kor-ship,500000.0,0.3,0.4,\n",
        b"0.1,1,kor-ship,500000.0,9.9,0.4,\n",
        b"0.1,1,kor-ship,-5.0,0.3,0.4,\n",
        b"0.1,1,kor-sheep,500000.0,0.3,0.4,\n",
        &long,
        b"0.1,1,\xff\xfe\x00\x80,500000.0,0.3,0.4,\n",
        b"\x00\x01\x02\n",
        &good(0.2).into_bytes(),
    ];
    write(feed, &lines);
    write(feed, &[b"not,a,header\n", good(0.3).as_bytes()]);
    write(feed, &[b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xff"]);
    write(feed, &[&vec![b'x'; 100_000]]);
    write(feed, &[HEADER.as_bytes(), good(0.4).as_bytes(), b"0.5,1,kor-ship,500"]);
    write(feed, &[]);

    let seen = view_when(console, Duration::from_secs(10), "the last good plot and every refusal", |view| {
        let ship =
            view["sensors"].as_array().unwrap().iter().find(|sensor| sensor["id"] == "kor-ship").unwrap();
        ship["plots"] == 2 && refused_count(view, "sensor feed", "") >= 14
    });
    let expected = [
        ("expected 7 fields, found 1", 3),
        ("range_m", 2),
        ("time_s", 1),
        ("az_rad in", 1),
        ("found `kor-sheep`", 1),
        ("longer than 4096 bytes", 2),
        ("UTF-8", 1),
        ("in the header", 1),
        ("cut off", 1),
    ];
    for (reason, count) in expected {
        let shown = refused_count(&seen, "sensor feed", reason);
        assert!(shown >= count, "`{reason}` {shown} times:\n{:#}", seen["refusals"]);
    }
    assert!(node.interrupt().0.success());
}
