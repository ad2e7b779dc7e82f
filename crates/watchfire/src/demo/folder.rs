//! The folder of a demo: certificate authorities, keys, roster, policies and configurations of every nation.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use exchange::{KeySeeds, PersonKey, RootKeys, RootSeeds, Seed, SoftKeys, seal_roster};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use sim::cast::OFFICER;
use sim::scenario::{Participant, Scenario};
use statement::{Member, Nation, Officer, Roster};

use crate::demo::ports::Ports;
use crate::output::{make_folder, write_whole};
use crate::problem::Problem;

/// Wanted ports: of links, sensor feeds and consoles, a nation's each one more.
const LINK_PORT: u16 = 7101;
const SENSOR_PORT: u16 = 7201;
const CONSOLE_PORT: u16 = 8101;

/// Exercise keys and certificates are good for this many days.
const VALID_DAYS: i64 = 30;

/// One nation's place in the folder.
pub struct Place {
    /// Which.
    pub nation: Nation,
    /// Its configuration.
    pub config: PathBuf,
    /// Where its sensors connect.
    pub sensor_feed: SocketAddr,
    /// Where its console is served.
    pub console: SocketAddr,
}

/// What an exercise's clock is set to.
pub struct ClockSetting {
    /// The machine's clock when the exercise starts, POSIX nanoseconds.
    pub started_posix_ns: i64,
    /// Exercise seconds in one second.
    pub speed: f64,
}

/// Fills a fresh folder. Every secret in it is of this exercise alone.
pub fn make(
    folder: &Path,
    scenario: &Scenario,
    policies: &BTreeMap<Nation, (String, String)>,
    clock: &ClockSetting,
    ports: &mut Ports,
) -> Result<Vec<Place>, Problem> {
    make_folder(folder)?;
    let mut participants: Vec<&Participant> = scenario.nations.iter().collect();
    participants.sort_by_key(|participant| participant.nation);
    let mut places = Vec::new();
    let mut members = Vec::new();
    for (index, participant) in participants.into_iter().enumerate() {
        let nation = participant.nation;
        let name = nation.as_str().to_uppercase();
        let offset = index as u16;
        let listen = ports.take(LINK_PORT + offset, &format!("the link of {name}"))?;
        let sensor_feed = ports.take(SENSOR_PORT + offset, &format!("the sensor feed of {name}"))?;
        let console = ports.take(CONSOLE_PORT + offset, &format!("the console of {name}"))?;
        let home = folder.join(nation.as_str());
        make_folder(&home)?;
        members.push(make_nation(&home, scenario, participant, listen)?);
        let (_, rules) = policies.get(&nation).ok_or_else(|| {
            Problem::input(format!("no policy for {nation}; expected policy/{nation}/release.cedar"))
        })?;
        write_whole(&home.join("release.cedar"), rules.as_bytes())?;
        let sensors =
            serde_json::json!({ "t0_utc": scenario.start.to_utc(), "sensors": participant.sensors });
        write_whole(&home.join("sensors.json"), pretty(&sensors)?.as_bytes())?;
        let config = home.join("node.toml");
        write_whole(
            &config,
            config_text(scenario, nation, [listen, sensor_feed, console], clock).as_bytes(),
        )?;
        places.push(Place { nation, config, sensor_feed, console });
    }
    let seeds = RootSeeds::generate().map_err(Problem::failed)?;
    let root = RootKeys::from_seeds(&seeds).map_err(Problem::failed)?;
    let roster = Roster { version: 1, realm: scenario.realm.clone(), members };
    let bytes = seal_roster(&roster, &root).map_err(Problem::failed)?;
    write_whole(&folder.join("roster.cose"), &bytes)?;
    write_whole(&folder.join("root.json"), pretty(&root.public())?.as_bytes())?;
    // The root's seeds are needed no more, and kept nowhere: this exercise's roster cannot change.
    Ok(places)
}

fn make_nation(
    home: &Path,
    scenario: &Scenario,
    participant: &Participant,
    listen: SocketAddr,
) -> Result<Member, Problem> {
    let nation = participant.nation;
    let seeds = KeySeeds::generate().map_err(Problem::failed)?;
    write_secret(&home.join("keys.json"), &pretty(&seeds)?)?;
    let keys = SoftKeys::from_seeds(&seeds).map_err(Problem::failed)?;
    let officer_seed = Seed::generate().map_err(Problem::failed)?;
    let officer = PersonKey::from_seed(&officer_seed).map_err(Problem::failed)?;
    write_secret(&home.join("officer.json"), &pretty(&(OFFICER, officer_seed))?)?;
    let certificates = make_certificates(scenario, nation).map_err(Problem::failed)?;
    write_whole(&home.join("node.crt"), certificates.node_pem.as_bytes())?;
    write_secret(&home.join("node.key"), &certificates.node_key_pem)?;
    let mut member = Member {
        ca_certificate: certificates.authority_der,
        addresses: vec![listen.to_string()],
        officers: vec![Officer { actor: OFFICER.to_owned(), key: officer.public() }],
        ..Member::named(nation, &participant.name)
    };
    keys.public().write_to(&mut member);
    Ok(member)
}

struct Certificates {
    authority_der: Vec<u8>,
    node_pem: String,
    node_key_pem: String,
}

fn make_certificates(scenario: &Scenario, nation: Nation) -> Result<Certificates, rcgen::Error> {
    let now = std::time::SystemTime::now();
    let name = format!("{nation}.{}.watchfire", scenario.realm.slug());
    let valid = |params: &mut CertificateParams| {
        params.not_before = (now - std::time::Duration::from_secs(3_600)).into();
        params.not_after = (now + std::time::Duration::from_secs(VALID_DAYS as u64 * 86_400)).into();
    };
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    valid(&mut authority);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, format!("Watchfire {name} authority"));
    let authority_certificate = authority.self_signed(&authority_key)?;
    let node_key = KeyPair::generate()?;
    let mut node = CertificateParams::new(vec![name.clone()])?;
    valid(&mut node);
    node.distinguished_name.push(DnType::CommonName, name);
    node.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    node.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let node_certificate = node.signed_by(&node_key, &Issuer::from_params(&authority, &authority_key))?;
    // The authority's own key ends here: it signs nothing more.
    Ok(Certificates {
        authority_der: authority_certificate.der().to_vec(),
        node_pem: node_certificate.pem(),
        node_key_pem: node_key.serialize_pem(),
    })
}

fn config_text(
    scenario: &Scenario,
    nation: Nation,
    [listen, sensor_feed, console]: [SocketAddr; 3],
    clock: &ClockSetting,
) -> String {
    format!(
        r#"# The node of {nation} in {realm}. Paths are relative to this file.
nation = "{nation}"
realm = "{realm}"
title = {title:?}

keys = "keys.json"
officer_key = "officer.json"
certificate = "node.crt"
certificate_key = "node.key"
root = "../root.json"
roster = "../roster.cose"
policy = "release.cedar"
sensors = "sensors.json"
journal = "journal.db"

listen = "{listen}"
sensor_feed = "{sensor_feed}"
console = "{console}"

[clock]
start_utc = "{start}"
started_posix_ns = {started}
speed = {speed:?}
"#,
        realm = scenario.realm,
        title = scenario.title,
        start = scenario.start.to_utc(),
        started = clock.started_posix_ns,
        speed = clock.speed,
    )
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Problem> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(Problem::failed)
}

/// Secrets are readable by their owner alone.
fn write_secret(file: &Path, text: &str) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;
    write_whole(file, text.as_bytes())?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| Problem::input(format!("{}: {error}", file.display())))
}
