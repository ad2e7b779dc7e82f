//! Ports on this machine: the wanted one, or the next that is free, said aloud.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};

use crate::problem::Problem;

/// Beyond the wanted port, this many are tried.
const TRIES: u16 = 200;

/// Finds free ports and remembers which it gave. Until it is dropped it holds the UDP port of the same number, which
/// nothing here uses otherwise: so demos that start together do not choose the same before their nodes listen.
#[derive(Debug, Default)]
pub struct Ports {
    given: BTreeSet<u16>,
    held: Vec<UdpSocket>,
}

impl Ports {
    /// The port `wanted` for `what`, or a free one after it.
    pub fn take(&mut self, wanted: u16, what: &str) -> Result<SocketAddr, Problem> {
        for port in wanted..wanted.saturating_add(TRIES) {
            if self.given.contains(&port) {
                continue;
            }
            let address = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
            // CLAIM: without connections the port is free the moment after the listener is closed.
            if TcpListener::bind(address).is_ok()
                && let Ok(reservation) = UdpSocket::bind(address)
            {
                self.held.push(reservation);
                if port != wanted {
                    println!("port {wanted} is taken: {what} uses {port}");
                }
                self.given.insert(port);
                return Ok(address);
            }
            self.given.insert(port);
        }
        Err(Problem::input(format!(
            "no free port from {wanted} on for {what}; expected one among the next {TRIES}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_gives_the_next_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wanted = taken.local_addr().unwrap().port();
        let mut ports = Ports::default();
        let first = ports.take(wanted, "a console").unwrap().port();
        assert_ne!(first, wanted);
        // Another demo that starts meanwhile gets another one.
        assert_ne!(Ports::default().take(first, "another's console").unwrap().port(), first);
        assert_ne!(ports.take(first, "another").unwrap().port(), first);
    }
}
