//! The operator's exceptions from "public addresses only".

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

/// What may be called although it is not public: for the operator's own systems, and for trying things out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Addresses, such as `10.20.0.0/16` or `192.168.1.5`. Over plain HTTP only where the URL holds the address
    /// itself.
    Network(IpNet),
    /// One server, such as `hooks.example.net:8080`, wherever its name leads, over HTTPS or plain HTTP.
    Server {
        /// As a URL spells it: lower case, an IPv6 address in brackets.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// It is neither a network nor a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither addresses (10.20.0.0/16, 192.168.1.5) nor a server with its port (hooks.example.net:8080)"
)]
pub struct AllowError(String);

impl FromStr for Allowed {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        let error = || AllowError(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(error)?;
        Ok(Self::Server {
            host: Host::parse(host).map_err(|_| error())?.to_string(),
            port: port
                .parse()
                .ok()
                .filter(|&port| port > 0)
                .ok_or_else(error)?,
        })
    }
}

impl Allowed {
    /// Whether this names the server of a URL.
    pub(super) fn names(&self, url: &Url) -> bool {
        match self {
            Self::Network(_) => false,
            Self::Server { host, port } => {
                url.host_str() == Some(host) && url.port_or_known_default() == Some(*port)
            }
        }
    }

    /// Whether this is a network that contains an address.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Network(network) => network.contains(&address),
            Self::Server { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_a_network_or_a_server() {
        let server = |host: &str, port| {
            Some(Allowed::Server {
                host: host.into(),
                port,
            })
        };
        let network = |text: &str| Some(Allowed::Network(text.parse().unwrap()));
        for (text, wanted) in [
            ("10.20.0.0/16", network("10.20.0.0/16")),
            ("10.20.3.4/16", network("10.20.0.0/16")),
            ("192.168.1.5", network("192.168.1.5/32")),
            ("fd00::/8", network("fd00::/8")),
            ("::1", network("::1/128")),
            (
                " Hooks.Example.net:8080 ",
                server("hooks.example.net", 8080),
            ),
            ("127.0.0.1:80", server("127.0.0.1", 80)),
            ("[::1]:8080", server("[::1]", 8080)),
            ("hooks.example.net", None),
            ("hooks.example.net:0", None),
            ("hooks.example.net:99999", None),
            ("https://hooks.example.net:80", None),
            ("10.0.0.0/33", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Allowed>().ok(), wanted, "{text}");
        }
    }
}
