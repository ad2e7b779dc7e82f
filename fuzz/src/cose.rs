//! COSE_Sign and its Sig_structure, written from docs/exchange.md and RFC 9052 alone: a second implementation, so that
//! a target can sign what no node would say.

use exchange::keys::{Algorithm, KeyUse, Signer};

/// The start of a CBOR item: its major type and its argument, shortest form (RFC 8949, section 3).
fn item(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..24 => out.push(major | argument as u8),
        24..0x100 => out.extend([major | 24, argument as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend((argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    item(out, 2, bytes.len() as u64);
    out.extend(bytes);
}

fn text(out: &mut Vec<u8>, text: &str) {
    item(out, 3, text.len() as u64);
    out.extend(text.as_bytes());
}

fn integer(out: &mut Vec<u8>, number: i64) {
    if number < 0 { item(out, 1, !number as u64) } else { item(out, 0, number as u64) }
}

/// The protected header of a signature: `{1: algorithm}`.
fn algorithm_header(algorithm: Algorithm) -> Vec<u8> {
    let mut out = Vec::new();
    item(&mut out, 5, 1);
    integer(&mut out, 1);
    integer(
        &mut out,
        match algorithm {
            Algorithm::Ed25519 => -19,
            Algorithm::MlDsa44 => -48,
            Algorithm::MlDsa65 => -49,
        },
    );
    out
}

/// A COSE_Sign of this header and payload, signed with each of these keys over `external`.
pub fn signed(
    protected: &[u8],
    payload: &[u8],
    external: &[u8],
    keys: &[KeyUse],
    signer: &dyn Signer,
) -> Vec<u8> {
    let mut out = Vec::new();
    item(&mut out, 6, 98);
    item(&mut out, 4, 4);
    bytes(&mut out, protected);
    item(&mut out, 5, 0);
    bytes(&mut out, payload);
    item(&mut out, 4, keys.len() as u64);
    for key in keys {
        let of = algorithm_header(key.algorithm());
        let mut message = Vec::new();
        item(&mut message, 4, 5);
        text(&mut message, "Signature");
        bytes(&mut message, protected);
        bytes(&mut message, &of);
        bytes(&mut message, external);
        bytes(&mut message, payload);
        let signature = signer.sign(*key, &message).expect("the signer holds this key");
        item(&mut out, 4, 3);
        bytes(&mut out, &of);
        item(&mut out, 5, 0);
        bytes(&mut out, &signature);
    }
    out
}

/// A body's protected header, as docs/exchange.md orders it.
pub fn body_header(kind: &str, level: &str, id: &str, audience: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    item(&mut out, 5, 11);
    text(&mut out, "id");
    text(&mut out, id);
    text(&mut out, "kind");
    text(&mut out, kind);
    text(&mut out, "made");
    integer(&mut out, 1_664_835_757_000_000_000);
    text(&mut out, "bound");
    integer(&mut out, 1_000_000);
    text(&mut out, "label");
    item(&mut out, 4, 3);
    text(&mut out, "coalition");
    out.push(0xf6);
    item(&mut out, 4, 1);
    text(&mut out, "jpn-radar-1");
    text(&mut out, "level");
    text(&mut out, level);
    text(&mut out, "realm");
    text(&mut out, "exercise/vectors");
    text(&mut out, "origin");
    text(&mut out, "jpn");
    text(&mut out, "expires");
    integer(&mut out, 1_664_839_357_000_000_000);
    text(&mut out, "audience");
    item(&mut out, 4, audience.len() as u64);
    audience.iter().for_each(|nation| text(&mut out, nation));
    text(&mut out, "revision");
    integer(&mut out, 1);
    out
}
