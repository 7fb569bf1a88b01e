//! Names that lead where a test wants, and elsewhere the next time.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use integrations::http::{Client, Options, Reach, client_with};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::receiver::Receiver;

/// One answer for each time that anybody asks; the last one stays.
pub(crate) struct Names(Mutex<VecDeque<Vec<SocketAddr>>>);

impl Names {
    pub(crate) fn leading(answers: &[&[&str]]) -> Arc<Self> {
        let answer = |addresses: &&[&str]| {
            let addresses = addresses.iter();
            addresses
                .map(|address| SocketAddr::new(address.parse::<IpAddr>().unwrap(), 0))
                .collect()
        };
        Arc::new(Self(Mutex::new(answers.iter().map(answer).collect())))
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let addresses = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Box::pin(async { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

/// A client that trusts a receiver, with names that lead where a test wants and shorter waits.
pub(crate) fn client_for(receiver: &Receiver, reach: Reach, answers: &[&[&str]]) -> Client {
    let options = Options {
        connect_max: Duration::from_secs(2),
        call_max: Duration::from_secs(4),
        roots: receiver.root.clone().into_iter().collect(),
        names: Names::leading(answers),
    };
    client_with(reach, options).unwrap()
}

pub(crate) fn public_and(allow: &[&str]) -> Reach {
    let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
    Reach::PublicOnly { allow }
}
