//! A body's protected header: who says it, what it is, to whom, until when.

use std::collections::BTreeSet;

use coset::cbor::value::{Integer, Value};
use serde::{Deserialize, Serialize};
use statement::{Kind, Label, Level, Nation, Realm, Sensitivity};

use crate::cose::{decode_value, encode_value};
use crate::limits::{HEADER_BYTES_MAX, STATEMENT_ID_BYTES_MAX};
use crate::refusal::Refusal;

/// What the signatures of a body cover beside its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The realm it was said in.
    pub realm: Realm,
    /// The nation that says it.
    pub origin: Nation,
    /// What kind of statement the payload is.
    pub kind: Kind,
    /// Unique within the origin and kind.
    pub statement_id: String,
    /// From 1; a higher one replaces all lower ones of the same id.
    pub revision: u32,
    /// The level that a partner must be cleared for.
    pub level: Level,
    /// The nations it is released to.
    pub audience: BTreeSet<Nation>,
    /// When it was made: TAI nanoseconds by the origin's clock.
    pub made_tai_ns: i64,
    /// How far that clock may be off either way, nanoseconds.
    pub clock_bound_ns: u64,
    /// From when on it no longer alarms, TAI nanoseconds.
    pub expires_tai_ns: i64,
    /// How sensitive it is and what it was made from.
    pub label: Label,
}

/// The header as the wire has it: kind, level and sensitivity in words that this build may not know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WireHeader {
    pub realm: String,
    pub origin: String,
    pub kind: String,
    pub statement_id: String,
    pub revision: u32,
    pub level: String,
    pub audience: Vec<String>,
    pub made_tai_ns: i64,
    pub clock_bound_ns: u64,
    pub expires_tai_ns: i64,
    pub sensitivity: String,
    pub releasable_to: Option<Vec<String>>,
    pub sources: Vec<String>,
    /// Labels of later versions: kept, covered by the signatures, without effect.
    pub unknown: Vec<(String, Value)>,
}

impl WireHeader {
    /// The deterministic bytes: one CBOR map, keys in bytewise order of their encodings (RFC 8949, section 4.2.1).
    pub fn encode(&self) -> Vec<u8> {
        let text = |value: &str| Value::Text(value.to_owned());
        let texts = |values: &[String]| Value::Array(values.iter().map(|value| text(value)).collect());
        let label = Value::Array(vec![
            text(&self.sensitivity),
            self.releasable_to.as_deref().map_or(Value::Null, texts),
            texts(&self.sources),
        ]);
        let mut map = vec![
            ("audience".to_owned(), texts(&self.audience)),
            ("bound".to_owned(), self.clock_bound_ns.into()),
            ("expires".to_owned(), self.expires_tai_ns.into()),
            ("id".to_owned(), text(&self.statement_id)),
            ("kind".to_owned(), text(&self.kind)),
            ("label".to_owned(), label),
            ("level".to_owned(), text(&self.level)),
            ("made".to_owned(), self.made_tai_ns.into()),
            ("origin".to_owned(), text(&self.origin)),
            ("realm".to_owned(), text(&self.realm)),
            ("revision".to_owned(), self.revision.into()),
        ];
        map.extend(self.unknown.iter().cloned());
        // Texts below 256 bytes: the order of encodings is that of lengths, then of letters.
        map.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        encode_value(&Value::Map(map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect()))
    }

    /// Reads a header; refuses every encoding but the one that [`WireHeader::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Result<WireHeader, Refusal> {
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(Refusal::oversize("its header", bytes.len(), HEADER_BYTES_MAX));
        }
        let Some(Value::Map(entries)) = decode_value(bytes) else {
            return Err(Refusal::malformed("its protected header is no CBOR map"));
        };
        let mut fields = Fields::new(entries)?;
        let [sensitivity, releasable_to, sources] = fields.take_label()?;
        let header = WireHeader {
            audience: fields.take("audience", as_texts)?,
            clock_bound_ns: fields.take("bound", as_integer)?,
            expires_tai_ns: fields.take("expires", as_integer)?,
            statement_id: fields.take("id", as_text)?,
            kind: fields.take("kind", as_text)?,
            level: fields.take("level", as_text)?,
            made_tai_ns: fields.take("made", as_integer)?,
            origin: fields.take("origin", as_text)?,
            realm: fields.take("realm", as_text)?,
            revision: fields.take("revision", as_integer)?,
            sensitivity: as_text(sensitivity).ok_or_else(|| bad_field("label"))?,
            releasable_to: match releasable_to {
                Value::Null => None,
                list => Some(as_texts(list).ok_or_else(|| bad_field("label"))?),
            },
            sources: as_texts(sources).ok_or_else(|| bad_field("label"))?,
            unknown: fields.rest()?,
        };
        if header.encode() != bytes {
            return Err(Refusal::NotCanonical);
        }
        Ok(header)
    }

    /// What this build understands of it.
    pub fn typed(&self) -> Result<Header, Refusal> {
        if self.statement_id.is_empty() || self.statement_id.len() > STATEMENT_ID_BYTES_MAX {
            return Err(bad_field("id"));
        }
        let kind =
            Kind::from_name(&self.kind).ok_or_else(|| Refusal::UnknownKind(Refusal::quoted(&self.kind)))?;
        let wrong_level = || Refusal::WrongLevel { kind, level: Refusal::quoted(&self.level) };
        let level = level_from_name(&self.level).ok_or_else(wrong_level)?;
        if level != kind.level() {
            return Err(wrong_level());
        }
        Ok(Header {
            realm: self.realm.parse().map_err(|_| bad_field("realm"))?,
            origin: self.origin.parse().map_err(|_| bad_field("origin"))?,
            kind,
            statement_id: self.statement_id.clone(),
            revision: self.revision,
            level,
            audience: ordered_nations("audience", &self.audience)?,
            made_tai_ns: self.made_tai_ns,
            clock_bound_ns: self.clock_bound_ns,
            expires_tai_ns: self.expires_tai_ns,
            label: Label {
                // A word that this build does not know is taken as the strictest.
                sensitivity: sensitivity_from_name(&self.sensitivity).unwrap_or(Sensitivity::NationalOnly),
                releasable_to: match &self.releasable_to {
                    None => None,
                    Some(nations) => Some(ordered_nations("label", nations)?),
                },
                sources: ordered("label", &self.sources)?,
            },
        })
    }
}

impl From<&Header> for WireHeader {
    fn from(header: &Header) -> WireHeader {
        let names = |nations: &BTreeSet<Nation>| nations.iter().map(Nation::to_string).collect();
        WireHeader {
            realm: header.realm.to_string(),
            origin: header.origin.to_string(),
            kind: header.kind.as_str().to_owned(),
            statement_id: header.statement_id.clone(),
            revision: header.revision,
            level: level_name(header.level).to_owned(),
            audience: names(&header.audience),
            made_tai_ns: header.made_tai_ns,
            clock_bound_ns: header.clock_bound_ns,
            expires_tai_ns: header.expires_tai_ns,
            sensitivity: sensitivity_name(header.label.sensitivity).to_owned(),
            releasable_to: header.label.releasable_to.as_ref().map(names),
            sources: header.label.sources.iter().cloned().collect(),
            unknown: Vec::new(),
        }
    }
}

/// A level's word on the wire.
pub(crate) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Track => "track",
    }
}

/// The level of a word on the wire.
pub(crate) fn level_from_name(name: &str) -> Option<Level> {
    [Level::Warning, Level::Track].into_iter().find(|&level| level_name(level) == name)
}

fn sensitivity_name(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Coalition => "coalition",
        Sensitivity::SensorDerived => "sensor-derived",
        Sensitivity::NationalOnly => "national-only",
    }
}

fn sensitivity_from_name(name: &str) -> Option<Sensitivity> {
    [Sensitivity::Coalition, Sensitivity::SensorDerived, Sensitivity::NationalOnly]
        .into_iter()
        .find(|&sensitivity| sensitivity_name(sensitivity) == name)
}

/// A set has one encoding: each element once, in order.
fn ordered(field: &'static str, items: &[String]) -> Result<BTreeSet<String>, Refusal> {
    let set: BTreeSet<String> = items.iter().cloned().collect();
    if set.iter().eq(items) { Ok(set) } else { Err(bad_field(field)) }
}

fn ordered_nations(field: &'static str, names: &[String]) -> Result<BTreeSet<Nation>, Refusal> {
    ordered(field, names)?.iter().map(|name| name.parse().map_err(|_| bad_field(field))).collect()
}

fn bad_field(name: &str) -> Refusal {
    Refusal::Malformed(format!("the header's field `{name}` is missing or not of its type"))
}

/// The entries of a map, taken out one by one.
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn new(entries: Vec<(Value, Value)>) -> Result<Fields, Refusal> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        for (key, value) in entries {
            let Value::Text(key) = key else {
                return Err(Refusal::malformed("a key of its header is not a text"));
            };
            if key.len() >= 256 || fields.iter().any(|(earlier, _)| *earlier == key) {
                return Err(Refusal::malformed("a key of its header is too long or there twice"));
            }
            fields.push((key, value));
        }
        Ok(Fields(fields))
    }

    fn take<T>(&mut self, name: &str, read: impl Fn(Value) -> Option<T>) -> Result<T, Refusal> {
        let at = self.0.iter().position(|(key, _)| key == name).ok_or_else(|| bad_field(name))?;
        read(self.0.swap_remove(at).1).ok_or_else(|| bad_field(name))
    }

    fn take_label(&mut self) -> Result<[Value; 3], Refusal> {
        self.take("label", |value| match value {
            Value::Array(parts) => <[Value; 3]>::try_from(parts).ok(),
            _ => None,
        })
    }

    /// What is left: plain values only, whose encoding is one.
    fn rest(self) -> Result<Vec<(String, Value)>, Refusal> {
        let plain = |value: &Value| {
            matches!(value, Value::Text(_) | Value::Bytes(_) | Value::Integer(_) | Value::Bool(_))
        };
        match self.0.iter().find(|(_, value)| !plain(value)) {
            Some((key, _)) => Err(Refusal::Malformed(format!(
                "the header's unknown field `{}` is no text, byte string, integer or truth value",
                Refusal::quoted(key)
            ))),
            None => Ok(self.0),
        }
    }
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn as_texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.into_iter().map(as_text).collect(),
        _ => None,
    }
}

fn as_integer<T: TryFrom<Integer>>(value: Value) -> Option<T> {
    match value {
        Value::Integer(integer) => T::try_from(integer).ok(),
        _ => None,
    }
}
