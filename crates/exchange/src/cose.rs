//! COSE_Sign (RFC 9052) in the one form that is used here: tagged, unprotected headers empty, payload present, and
//! each signature's protected header holding its algorithm alone.
//!
//! Only this outer shape is read with a CBOR reader that bounds its depth; the byte strings inside stay opaque until
//! their own reader takes them, so that nesting cannot exhaust the stack.

use coset::cbor::value::Value;
use coset::iana::{Algorithm as CoseAlgorithm, CborTag, EnumI64};
use coset::{Header, ProtectedHeader, SignatureContext, sig_structure_data};

use crate::digest::{Digest, sha256};
use crate::keys::Algorithm;
use crate::refusal::Refusal;

/// COSE's label of the algorithm in a header (RFC 9052, table 3).
const LABEL_ALGORITHM: i64 = 1;

/// A COSE_Sign object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The protected header, encoded.
    pub protected: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
    /// The signatures in their order.
    pub signatures: Vec<(Algorithm, Vec<u8>)>,
}

impl Envelope {
    /// The deterministic bytes (RFC 8949, section 4.2.1) of this object.
    pub fn encode(&self) -> Vec<u8> {
        let signatures = self
            .signatures
            .iter()
            .map(|(algorithm, signature)| {
                Value::Array(vec![
                    Value::Bytes(algorithm_header(*algorithm)),
                    Value::Map(Vec::new()),
                    Value::Bytes(signature.clone()),
                ])
            })
            .collect();
        encode_value(&Value::Tag(
            CborTag::CoseSign as u64,
            Box::new(Value::Array(vec![
                Value::Bytes(self.protected.clone()),
                Value::Map(Vec::new()),
                Value::Bytes(self.payload.clone()),
                Value::Array(signatures),
            ])),
        ))
    }

    /// Reads the object; refuses every encoding but the one that [`Envelope::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Result<Envelope, Refusal> {
        let not_cose = || Refusal::malformed("it is no COSE_Sign");
        let Value::Tag(tag, content) = decode_value(bytes).ok_or_else(not_cose)? else {
            return Err(not_cose());
        };
        let Value::Array(parts) = *content else { return Err(not_cose()) };
        let Ok([protected, unprotected, payload, signatures]) = <[Value; 4]>::try_from(parts) else {
            return Err(not_cose());
        };
        let (
            Value::Bytes(protected),
            Value::Map(unprotected),
            Value::Bytes(payload),
            Value::Array(signatures),
        ) = (protected, unprotected, payload, signatures)
        else {
            return Err(not_cose());
        };
        if tag != CborTag::CoseSign as u64 {
            return Err(not_cose());
        }
        if !unprotected.is_empty() {
            return Err(Refusal::malformed("its unprotected header is not empty"));
        }
        let signatures = signatures.into_iter().map(decode_signature).collect::<Result<_, _>>()?;
        let envelope = Envelope { protected, payload, signatures };
        // Anything that says the same in other bytes (longer integers, indefinite lengths, bytes after the end).
        if envelope.encode() != bytes {
            return Err(Refusal::NotCanonical);
        }
        Ok(envelope)
    }
}

fn decode_signature(value: Value) -> Result<(Algorithm, Vec<u8>), Refusal> {
    let not_one = || Refusal::malformed("a signature of it is no COSE_Signature");
    let Value::Array(parts) = value else { return Err(not_one()) };
    let Ok([Value::Bytes(protected), Value::Map(unprotected), Value::Bytes(signature)]) =
        <[Value; 3]>::try_from(parts)
    else {
        return Err(not_one());
    };
    if !unprotected.is_empty() {
        return Err(Refusal::malformed("the unprotected header of a signature is not empty"));
    }
    let algorithm = [Algorithm::Ed25519, Algorithm::MlDsa44, Algorithm::MlDsa65]
        .into_iter()
        .find(|&algorithm| algorithm_header(algorithm) == protected)
        .ok_or_else(|| {
            Refusal::malformed("the protected header of a signature is not its algorithm alone")
        })?;
    Ok((algorithm, signature))
}

/// The Sig_structure (RFC 9052, section 4.4) that a signature of `algorithm` covers.
pub(crate) fn to_be_signed(
    protected: &[u8],
    algorithm: Algorithm,
    external: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let encoded = |bytes: Vec<u8>| ProtectedHeader { original_data: Some(bytes), header: Header::default() };
    sig_structure_data(
        SignatureContext::CoseSignature,
        encoded(protected.to_vec()),
        Some(encoded(algorithm_header(algorithm))),
        external,
        payload,
    )
}

/// The name of a body: SHA-256 of the deterministic CBOR array `["watchfire/v1/body", protected, payload]`.
pub(crate) fn body_id(protected: &[u8], payload: &[u8]) -> Digest {
    sha256(&[&encode_value(&Value::Array(vec![
        Value::Text("watchfire/v1/body".to_owned()),
        Value::Bytes(protected.to_vec()),
        Value::Bytes(payload.to_vec()),
    ]))])
}

/// The protected header of a signature: its algorithm alone.
fn algorithm_header(algorithm: Algorithm) -> Vec<u8> {
    // Ed25519 is -19 (RFC 9864); ML-DSA-44 is -48 and ML-DSA-65 is -49 (the COSE registry).
    let number = match algorithm {
        Algorithm::Ed25519 => CoseAlgorithm::Ed25519,
        Algorithm::MlDsa44 => CoseAlgorithm::ML_DSA_44,
        Algorithm::MlDsa65 => CoseAlgorithm::ML_DSA_65,
    };
    encode_value(&Value::Map(vec![(LABEL_ALGORITHM.into(), number.to_i64().into())]))
}

/// CBOR with the shortest integers and definite lengths; maps in the order given.
pub(crate) fn encode_value(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // CLAIM: writing to a vector cannot fail, and every value that is built or read here can be written; were it
    // otherwise, the empty encoding equals none that was received and is refused.
    if coset::cbor::ser::into_writer(value, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// Reads one CBOR value. Bytes after it are not noticed here: the caller compares with its re-encoding.
pub(crate) fn decode_value(bytes: &[u8]) -> Option<Value> {
    coset::cbor::de::from_reader(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            protected: vec![0xa0],
            payload: vec![1, 2, 3],
            signatures: vec![(Algorithm::Ed25519, vec![7; 64]), (Algorithm::MlDsa65, vec![8; 3_309])],
        }
    }

    #[test]
    fn an_envelope_comes_back() {
        assert_eq!(Envelope::decode(&envelope().encode()), Ok(envelope()));
    }

    #[test]
    fn coset_reads_it_as_cose_sign() {
        use coset::TaggedCborSerializable;
        let read = coset::CoseSign::from_tagged_slice(&envelope().encode()).unwrap();
        assert_eq!(read.payload, Some(vec![1, 2, 3]));
        assert_eq!(read.signatures.len(), 2);
        assert_eq!(
            read.tbs_data(b"external", &read.signatures[1]),
            to_be_signed(&[0xa0], Algorithm::MlDsa65, b"external", &[1, 2, 3])
        );
    }

    #[test]
    fn other_encodings_of_the_same_are_refused() {
        let good = envelope().encode();
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(Envelope::decode(&longer), Err(Refusal::NotCanonical));
        // The tag 98 in two bytes instead of one: d8 62 -> d9 00 62.
        assert_eq!(good[..2], [0xd8, 0x62]);
        let wide_tag = [&[0xd9, 0x00, 0x62], &good[2..]].concat();
        assert_eq!(Envelope::decode(&wide_tag), Err(Refusal::NotCanonical));
        // The array in indefinite length: 84 .. -> 9f .. ff.
        let mut indefinite = good.clone();
        indefinite[2] = 0x9f;
        indefinite.push(0xff);
        assert_eq!(Envelope::decode(&indefinite), Err(Refusal::NotCanonical));
    }

    #[test]
    fn a_nest_of_arrays_or_headers_is_refused_and_not_followed() {
        assert!(Envelope::decode(&vec![0x81; 200_000]).is_err());
        // Counter-signatures within counter-signatures, as a COSE header may hold them: opaque here.
        let mut nested = vec![0xa0];
        for _ in 0..6_000 {
            let inner = Value::Array(vec![Value::Bytes(nested), Value::Map(vec![]), Value::Bytes(vec![1])]);
            nested = encode_value(&Value::Map(vec![(7.into(), inner)]));
        }
        let bomb = Envelope { protected: nested, ..envelope() }.encode();
        assert!(Envelope::decode(&bomb).is_ok(), "the header is opaque to the envelope");
    }
}
