//! Bodies: one thing a nation says, signed once, opened by every partner it is released to.

use release::Released;
use statement::{Lane, Level, Nation, Statement};

use crate::cose::{Envelope, body_id, to_be_signed};
use crate::digest::Digest;
use crate::header::{Header, WireHeader, level_from_name};
use crate::keys::{KeyUse, SignError, Signer};
use crate::limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX};
use crate::refusal::Refusal;
use crate::trust::Trust;
use crate::verified::Verified;

/// A statement under its header.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Who says it, to whom, until when.
    pub header: Header,
    /// What is said.
    pub statement: Statement,
}

/// What the sealing stage adds to a released statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The realm of this node.
    pub realm: statement::Realm,
    /// This nation.
    pub origin: Nation,
    /// Unique within the origin and kind; an assessment's and an acknowledgement's is its own id.
    pub statement_id: String,
    /// From 1; an assessment's is its own.
    pub revision: u32,
    /// When it is sealed, TAI nanoseconds.
    pub made_tai_ns: i64,
    /// How far the clock may be off either way, nanoseconds.
    pub clock_bound_ns: u64,
    /// From when on it no longer alarms, TAI nanoseconds.
    pub expires_tai_ns: i64,
}

/// Why a body was not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The stamp names another statement than the payload does.
    #[error("the stamp says `{stamped}` revision {revision}, the statement is another")]
    OtherStatement {
        /// The id in the stamp.
        stamped: String,
        /// The revision in the stamp.
        revision: u32,
    },
    /// Partners would refuse it.
    #[error("partners would refuse it: {0}")]
    Refused(#[from] Refusal),
    /// No signature.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// A body before its signatures: deterministic bytes, and the name that they have.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsigned {
    body: Body,
    protected: Vec<u8>,
    payload: Vec<u8>,
}

impl Unsigned {
    /// Puts a released statement under its header. Refuses a stamp that names another statement, and what partners
    /// would refuse.
    pub fn new(stamp: Stamp, released: &Released<Statement>) -> Result<Unsigned, SealError> {
        let header = Header {
            realm: stamp.realm,
            origin: stamp.origin,
            kind: released.inner().kind(),
            statement_id: stamp.statement_id,
            revision: stamp.revision,
            level: released.level(),
            audience: released.audience().clone(),
            made_tai_ns: stamp.made_tai_ns,
            clock_bound_ns: stamp.clock_bound_ns,
            expires_tai_ns: stamp.expires_tai_ns,
            label: released.label().clone(),
        };
        Unsigned::assemble(header, released.inner().clone())
    }

    pub(crate) fn assemble(header: Header, statement: Statement) -> Result<Unsigned, SealError> {
        if !names_its_statement(&header, &statement) {
            return Err(SealError::OtherStatement {
                stamped: header.statement_id,
                revision: header.revision,
            });
        }
        let wire = WireHeader::from(&header);
        // Whatever partners would refuse is not signed; a header that reads back typed passes there too.
        wire.typed()?;
        let protected = wire.encode();
        if protected.len() > HEADER_BYTES_MAX {
            return Err(Refusal::oversize("its header", protected.len(), HEADER_BYTES_MAX).into());
        }
        let payload = statement.encode_payload();
        // INVARIANT (one statement): what is said is what its bytes say, to the last bit of a number: else the state
        // in life is another than the one recovered from the journal.
        let statement = Statement::decode_payload(header.kind, &payload)
            .map_err(|malformed| Refusal::Malformed(malformed.to_string()))?;
        Ok(Unsigned { body: Body { header, statement }, protected, payload })
    }

    /// The body's name: SHA-256 over protected header and payload, never signatures.
    pub fn id(&self) -> Digest {
        body_id(&self.protected, &self.payload)
    }

    /// The bytes that are signed with one key (RFC 9052, Sig_structure): what replay compares.
    pub fn to_be_signed(&self, key: KeyUse) -> Vec<u8> {
        to_be_signed(&self.protected, key.algorithm(), &self.body.header.realm.external_aad(), &self.payload)
    }

    /// The body.
    pub fn body(&self) -> &Body {
        &self.body
    }
}

/// Signs a body with exactly the signatures that its kind needs.
pub fn seal(unsigned: Unsigned, signer: &dyn Signer) -> Result<Sealed, SealError> {
    let id = unsigned.id();
    let mut signatures = Vec::new();
    for &key in KeyUse::of_bodies(unsigned.body.header.kind.lane()) {
        signatures.push((key.algorithm(), signer.sign(key, &unsigned.to_be_signed(key))?));
    }
    let Unsigned { body, protected, payload } = unsigned;
    let bytes = Envelope { protected, payload, signatures }.encode();
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Refusal::oversize("the body", bytes.len(), BODY_BYTES_MAX).into());
    }
    Ok(Sealed(Verified::new(body, id, &bytes)))
}

/// A body that this nation signed: from [`seal`], or from its own verified journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed(Verified<Body>);

impl Sealed {
    /// Opens a body that `me` sealed earlier, whoever it is released to. Verifies one's own signatures.
    pub fn from_own_journal(bytes: &[u8], trust: &Trust, me: Nation) -> Result<Sealed, Refusal> {
        match open_any(bytes, trust, me)? {
            Opened::Body(body) => Ok(Sealed(body)),
            Opened::Unreadable { why, .. } => Err(why),
        }
    }

    /// The body's name.
    pub fn id(&self) -> Digest {
        self.0.id()
    }

    /// The bytes to send and to journal.
    pub fn bytes(&self) -> &std::sync::Arc<[u8]> {
        self.0.bytes()
    }

    /// The body.
    pub fn body(&self) -> &Body {
        &self.0
    }
}

/// Opens a body that came from `from` to `me`. See docs/exchange.md for each check, in its order.
pub fn open(bytes: &[u8], trust: &Trust, me: Nation, from: Nation) -> Result<Verified<Body>, Refusal> {
    match open_for(bytes, trust, me, from)? {
        Opened::Body(body) => Ok(body),
        Opened::Unreadable { why, .. } => Err(why),
    }
}

/// The name of a body by its bytes, nothing of it checked but its form.
pub fn id_of(bytes: &[u8]) -> Result<Digest, Refusal> {
    check_size(bytes)?;
    let envelope = Envelope::decode(bytes)?;
    Ok(body_id(&envelope.protected, &envelope.payload))
}

/// What authentic bytes hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Opened {
    /// A body that this build reads.
    Body(Verified<Body>),
    /// Said and signed by the origin, and beyond what this build reads. Its number is taken all the same: else one
    /// such body would hold up every warning behind it.
    Unreadable { id: Digest, lane: Lane, made_tai_ns: i64, why: Refusal },
}

impl Opened {
    pub fn id(&self) -> Digest {
        match self {
            Opened::Body(body) => body.id(),
            Opened::Unreadable { id, .. } => *id,
        }
    }

    pub fn made_tai_ns(&self) -> i64 {
        match self {
            Opened::Body(body) => body.header.made_tai_ns,
            Opened::Unreadable { made_tai_ns, .. } => *made_tai_ns,
        }
    }

    pub fn lane(&self) -> Lane {
        match self {
            Opened::Body(body) => body.header.kind.lane(),
            Opened::Unreadable { lane, .. } => *lane,
        }
    }
}

/// As [`open`], telling apart what is not authentic from what is not understood.
pub(crate) fn open_for(bytes: &[u8], trust: &Trust, me: Nation, from: Nation) -> Result<Opened, Refusal> {
    check_size(bytes)?;
    let envelope = Envelope::decode(bytes)?;
    let wire = WireHeader::decode(&envelope.protected)?;
    // Before the signatures: it costs less than they do, and what is not for us is no business of ours.
    if !statement::planted!("audience-not-checked")
        && !wire.audience.iter().any(|nation| nation == me.as_str())
    {
        return Err(Refusal::WrongAudience(me));
    }
    authenticate(bytes, envelope, &wire, trust, from)
}

/// Opens a body whoever it is released to.
pub(crate) fn open_any(bytes: &[u8], trust: &Trust, from: Nation) -> Result<Opened, Refusal> {
    check_size(bytes)?;
    let envelope = Envelope::decode(bytes)?;
    let wire = WireHeader::decode(&envelope.protected)?;
    authenticate(bytes, envelope, &wire, trust, from)
}

fn check_size(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Refusal::oversize("the body", bytes.len(), BODY_BYTES_MAX));
    }
    Ok(())
}

fn authenticate(
    bytes: &[u8],
    envelope: Envelope,
    wire: &WireHeader,
    trust: &Trust,
    from: Nation,
) -> Result<Opened, Refusal> {
    if wire.realm != trust.realm().to_string() {
        return Err(Refusal::WrongRealm {
            expected: trust.realm().to_string(),
            found: Refusal::quoted(&wire.realm),
        });
    }
    if wire.origin != from.as_str() {
        return Err(Refusal::WrongOrigin { expected: from, found: Refusal::quoted(&wire.origin) });
    }
    let typed = wire.typed();
    // A kind or level that this build does not know needs all signatures: it may be a warning.
    let lane = match (&typed, level_from_name(&wire.level)) {
        (Ok(header), _) => header.kind.lane(),
        (Err(_), Some(Level::Track)) => Lane::Picture,
        (Err(_), _) => Lane::Warning,
    };
    check_signatures(&envelope, lane, trust, from)?;
    let id = body_id(&envelope.protected, &envelope.payload);
    let made_tai_ns = wire.made_tai_ns;
    let unreadable = |why| Ok(Opened::Unreadable { id, lane, made_tai_ns, why });
    let header = match typed {
        Ok(header) => header,
        Err(why) => return unreadable(why),
    };
    let statement = match Statement::decode_payload(header.kind, &envelope.payload) {
        Ok(statement) => statement,
        Err(malformed) => return unreadable(Refusal::Malformed(malformed.to_string())),
    };
    if !names_its_statement(&header, &statement) {
        return unreadable(Refusal::malformed("its header names another statement than its payload"));
    }
    Ok(Opened::Body(Verified::new(Body { header, statement }, id, bytes)))
}

fn check_signatures(envelope: &Envelope, lane: Lane, trust: &Trust, from: Nation) -> Result<(), Refusal> {
    let due = KeyUse::of_bodies(lane);
    let found = envelope.signatures.iter().map(|(algorithm, _)| *algorithm);
    if !found.eq(due.iter().map(|key| key.algorithm())) {
        return Err(Refusal::WrongSignatures {
            expected: due.len() as u64,
            found: envelope.signatures.len() as u64,
        });
    }
    let external = trust.realm().external_aad();
    for (&key, (algorithm, signature)) in due.iter().zip(&envelope.signatures) {
        let message = to_be_signed(&envelope.protected, *algorithm, &external, &envelope.payload);
        trust.check(from, key, &message, signature)?;
    }
    Ok(())
}

/// Whether id and revision in the header are those of the statement, where it has its own, and it may travel.
fn names_its_statement(header: &Header, statement: &Statement) -> bool {
    header.kind == statement.kind()
        && match statement {
            Statement::Assessment(assessment) => {
                header.statement_id == assessment.assessment_id && header.revision == assessment.revision
            }
            Statement::Acknowledge(acknowledge) => header.statement_id == acknowledge.acknowledge_id,
            Statement::TrackBatch(_) => true,
            // Signed by the root, never sent over a feed.
            Statement::Roster(_) => false,
        }
}
