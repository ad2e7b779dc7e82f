//! Who is at the other end: TLS on aws-lc-rs, hybrid key exchange, each nation under its own authority.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, NamedGroup, RootCertStore, ServerConfig};

/// The one key exchange that is accepted: X25519 with ML-KEM-768 (draft-kwiatkowski-tls-ecdhe-mlkem).
pub const KEY_EXCHANGE: NamedGroup = NamedGroup::X25519MLKEM768;

const ALPN: &[u8] = b"h2";

/// A member of the roster as the gateway needs it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Three letters.
    pub nation: String,
    /// Its certificate authority, X.509 in DER.
    pub ca_certificate: Vec<u8>,
    /// Where it takes links, in the order to be tried.
    pub addresses: Vec<String>,
}

/// Keys or certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Of our own.
    #[error("the node's certificate or key cannot be used: {0}")]
    Own(rustls::Error),
    /// Of a member.
    #[error("the certificate authority of {nation} in the roster cannot be used: {what}")]
    Peer {
        /// Which member.
        nation: String,
        /// Why not.
        what: String,
    },
}

/// This node's own side of TLS, and how it recognises others.
pub struct Identity {
    realm_name: String,
    server: Arc<ServerConfig>,
    clients: BTreeMap<String, Arc<ClientConfig>>,
    verifiers: BTreeMap<String, Arc<dyn ClientCertVerifier>>,
}

impl Identity {
    /// `realm_name` is part of every certificate's name: `jpn.exercise-2022-10-04.watchfire`.
    pub fn new(
        realm_name: &str,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        peers: &[Peer],
    ) -> Result<Identity, IdentityError> {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.retain(|group| group.name() == KEY_EXCHANGE);
        let provider = Arc::new(provider);
        let mut everybody = RootCertStore::empty();
        let (mut clients, mut verifiers) = (BTreeMap::new(), BTreeMap::new());
        for peer in peers {
            let unusable = |what: String| IdentityError::Peer { nation: peer.nation.clone(), what };
            let authority = CertificateDer::from(peer.ca_certificate.clone());
            let mut only = RootCertStore::empty();
            only.add(authority.clone()).map_err(|error| unusable(error.to_string()))?;
            everybody.add(authority).map_err(|error| unusable(error.to_string()))?;
            let only = Arc::new(only);
            let verifier = WebPkiClientVerifier::builder_with_provider(only.clone(), provider.clone())
                .build()
                .map_err(|error| unusable(error.to_string()))?;
            verifiers.insert(peer.nation.clone(), verifier as Arc<dyn ClientCertVerifier>);
            let mut client = ClientConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&rustls::version::TLS13])
                .map_err(IdentityError::Own)?
                .with_root_certificates(only)
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(IdentityError::Own)?;
            client.alpn_protocols = vec![ALPN.to_vec()];
            // A resumed session would outlive a revoked certificate.
            client.resumption = rustls::client::Resumption::disabled();
            clients.insert(peer.nation.clone(), Arc::new(client));
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(everybody), provider.clone())
            .build()
            .map_err(|error| IdentityError::Peer {
                nation: "every member".into(),
                what: error.to_string(),
            })?;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(IdentityError::Own)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(IdentityError::Own)?;
        server.alpn_protocols = vec![ALPN.to_vec()];
        server.send_tls13_tickets = 0;
        Ok(Identity { realm_name: realm_name.to_owned(), server: Arc::new(server), clients, verifiers })
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    pub(crate) fn client(&self, nation: &str) -> Option<(Arc<ClientConfig>, ServerName<'static>)> {
        let name = ServerName::try_from(format!("{nation}.{}.watchfire", self.realm_name)).ok()?;
        Some((self.clients.get(nation)?.clone(), name))
    }

    /// The member whose authority issued this chain, and no other's.
    pub(crate) fn nation_of(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Option<String> {
        let (leaf, intermediates) = chain.split_first()?;
        let issued = |verifier: &Arc<dyn ClientCertVerifier>| {
            verifier.verify_client_cert(leaf, intermediates, now).is_ok()
        };
        let mut owners =
            self.verifiers.iter().filter(|(_, verifier)| issued(verifier)).map(|(nation, _)| nation);
        match (owners.next(), owners.next()) {
            (Some(owner), None) => Some(owner.clone()),
            _ => None,
        }
    }
}

/// Reads a certificate chain and its private key from PEM. Fails with a sentence.
pub fn read_pem(
    chain: &[u8],
    key: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    use rustls::pki_types::pem::PemObject;
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("expected certificates in PEM: {error}"))?;
    if chain.is_empty() {
        return Err("expected a certificate in PEM, found none".into());
    }
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("its key: expected PEM: {error}"))?;
    Ok((chain, key))
}
