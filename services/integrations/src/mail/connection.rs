//! A TCP connection to the mail server, on an address that one may talk to.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error::MailError;

/// Addresses of one name that are tried: a resolver may answer with thousands.
const ADDRESSES_MAX: usize = 4;

/// Connects to the first address of a server that answers.
pub(super) async fn connect(
    host: &str,
    port: u16,
    each_max: Duration,
) -> Result<(TcpStream, SocketAddr), MailError> {
    let unreachable = |why: String| MailError::Unreachable(why);
    let found = match timeout(each_max, lookup_host((host, port))).await {
        Err(_) => {
            return Err(unreachable(format!(
                "looking {host} up took longer than {each_max:?}"
            )));
        }
        Ok(Err(error)) => return Err(unreachable(format!("{host} cannot be looked up: {error}"))),
        Ok(Ok(found)) => found,
    };
    let mut last = format!("{host} has no address");
    for address in found.take(ADDRESSES_MAX) {
        if never_a_server(address.ip()) {
            last = format!("{host} leads to an address at which no mail server may be");
            continue;
        }
        match timeout(each_max, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => last = format!("{host} port {port}: {error}"),
            Err(_) => last = format!("{host} port {port} did not answer within {each_max:?}"),
        }
    }
    Err(unreachable(last))
}

/// Whether an address is this machine's or of a network of its own, where a password may go in the clear.
pub(super) fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Link-local addresses hold a cloud's credentials, and no mail server.
fn never_a_server(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    link_local || address.is_unspecified() || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_what_no_packet_leaves_the_own_network_for() {
        for (address, near, never) in [
            ("127.0.0.1", true, false),
            ("::1", true, false),
            ("::ffff:10.0.0.1", true, false),
            ("10.1.2.3", true, false),
            ("172.16.0.1", true, false),
            ("172.32.0.1", false, false),
            ("192.168.1.1", true, false),
            ("fd00::1", true, false),
            ("8.8.8.8", false, false),
            ("2001:db8::1", false, false),
            ("169.254.169.254", false, true),
            ("::ffff:169.254.169.254", false, true),
            ("fe80::1", false, true),
            ("0.0.0.0", false, true),
            ("224.0.0.1", false, true),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(
                (is_near(address), never_a_server(address)),
                (near, never),
                "{address}"
            );
        }
    }
}
