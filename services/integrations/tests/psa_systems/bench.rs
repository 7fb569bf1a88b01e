//! An adapter and the simulator that it talks to.

use std::time::Duration;

use integrations::http::{Client, Options, Reach, client, client_with};
use integrations::psa::autotask::{self, Autotask};
use integrations::psa::connectwise::{self, ConnectWise};
use integrations::psa::halo::{self, Halo};
use integrations::psa::zammad::{self, Zammad};
use integrations::psa::{Draft, Priorities, Psa, Urgency};
use simulators::{COMPANIES, Kind, Simulator};
use url::Url;

/// For calls that are never answered. Too short for anything else on a busy machine.
const IMPATIENT: Duration = Duration::from_millis(700);

/// An adapter and its simulator.
pub(crate) struct Bench {
    /// The adapter, with the usual patience.
    pub(crate) psa: Box<dyn Psa>,
    /// What it talks to.
    pub(crate) simulator: Simulator,
}

impl Bench {
    pub(crate) async fn start(kind: Kind) -> Self {
        let simulator = Simulator::start(kind).await;
        Self {
            psa: adapter(kind, patient(), simulator.url.clone(), ""),
            simulator,
        }
    }

    /// An adapter that soon gives up.
    pub(crate) fn impatient(&self) -> Box<dyn Psa> {
        let options = Options {
            call_max: IMPATIENT,
            ..Options::default()
        };
        let client = client_with(Reach::Anywhere, options).unwrap();
        adapter(self.simulator.kind, client, self.simulator.url.clone(), "")
    }

    /// An adapter whose secret is wrong.
    pub(crate) fn stranger(&self) -> Box<dyn Psa> {
        let url = self.simulator.url.clone();
        adapter(self.simulator.kind, patient(), url, "-wrong")
    }

    /// An adapter that talks to nobody.
    pub(crate) fn nowhere(&self) -> Box<dyn Psa> {
        // Port 1 is open nowhere.
        let mut url = self.simulator.url.clone();
        url.set_port(Some(1)).unwrap();
        adapter(self.simulator.kind, patient(), url, "")
    }

    /// An adapter that was given another path.
    pub(crate) fn elsewhere(&self) -> Box<dyn Psa> {
        let url = self.simulator.url.join("/helpdesk/").unwrap();
        adapter(self.simulator.kind, patient(), url, "")
    }

    /// The simulator had nothing to complain about.
    #[track_caller]
    pub(crate) fn was_proper(&self) {
        assert_eq!(self.simulator.refusals(), Vec::<String>::new());
    }
}

pub(crate) fn patient() -> Client {
    client(Reach::Anywhere).unwrap()
}

/// A ticket as the ticket machine asks for it.
pub(crate) fn draft(reference: &str) -> Draft {
    Draft {
        reference: reference.to_owned(),
        company: COMPANIES[0].to_string(),
        subject: "Adobe Creative Cloud: 4 seats short".to_owned(),
        body: "Owned: 8\nInstalled: 12 <see below>\n\nhttps://seats.example/licenses/1".to_owned(),
        urgency: Urgency::Normal,
    }
}

/// The secret of a kind, as far as it is right.
pub(crate) fn secret(kind: Kind) -> &'static str {
    match kind {
        Kind::Zammad => simulators::zammad::TOKEN,
        Kind::ConnectWise => simulators::connectwise::PRIVATE_KEY,
        Kind::Halo => simulators::halo::CLIENT_SECRET,
        Kind::Autotask => simulators::autotask::SECRET,
    }
}

fn adapter(kind: Kind, client: Client, url: Url, wrong: &str) -> Box<dyn Psa> {
    let secret = format!("{}{wrong}", secret(kind)).into();
    match kind {
        Kind::Zammad => {
            let settings = zammad::Settings {
                token: secret,
                ..zammad(url)
            };
            Box::new(Zammad::new(client, settings).unwrap())
        }
        Kind::ConnectWise => {
            let settings = connectwise::Settings {
                private_key: secret,
                ..connectwise(url)
            };
            Box::new(ConnectWise::new(client, settings).unwrap())
        }
        Kind::Halo => {
            let settings = halo::Settings {
                client_secret: secret,
                ..halo(url)
            };
            Box::new(Halo::new(client, settings).unwrap())
        }
        Kind::Autotask => {
            let settings = autotask::Settings {
                secret,
                ..autotask(url)
            };
            Box::new(Autotask::new(client, settings).unwrap())
        }
    }
}

const OPTIONAL: Priorities = Priorities {
    low: Some(2),
    normal: None,
    high: Some(4),
};

pub(crate) fn zammad(url: Url) -> zammad::Settings {
    zammad::Settings {
        url,
        token: simulators::zammad::TOKEN.into(),
        group: simulators::zammad::GROUP.to_owned(),
        reference_attribute: simulators::zammad::ATTRIBUTE.to_owned(),
        customer: None,
        closed_state: "closed".to_owned(),
        priorities: OPTIONAL,
    }
}

pub(crate) fn connectwise(url: Url) -> connectwise::Settings {
    connectwise::Settings {
        url,
        company: simulators::connectwise::COMPANY.to_owned(),
        public_key: simulators::connectwise::PUBLIC_KEY.to_owned(),
        private_key: simulators::connectwise::PRIVATE_KEY.into(),
        client_id: simulators::connectwise::CLIENT_ID.into(),
        board: simulators::connectwise::BOARD.to_owned(),
        closed_status: simulators::connectwise::CLOSED.to_owned(),
        priorities: OPTIONAL,
    }
}

pub(crate) fn halo(url: Url) -> halo::Settings {
    halo::Settings {
        url,
        tenant: Some(simulators::halo::TENANT.to_owned()),
        client_id: simulators::halo::CLIENT_ID.to_owned(),
        client_secret: simulators::halo::CLIENT_SECRET.into(),
        ticket_type: simulators::halo::TICKET_TYPE,
        closed_statuses: vec![simulators::halo::CLOSED, simulators::halo::RESOLVED],
        note_outcome: simulators::halo::OUTCOME.to_owned(),
        priorities: OPTIONAL,
    }
}

pub(crate) fn autotask(url: Url) -> autotask::Settings {
    let [low, normal, high] = simulators::autotask::PRIORITIES;
    autotask::Settings {
        url,
        pages: Some("https://ww1.autotask.net/".parse().unwrap()),
        integration_code: simulators::autotask::INTEGRATION_CODE.into(),
        user: simulators::autotask::USER.to_owned(),
        secret: simulators::autotask::SECRET.into(),
        queue: simulators::autotask::QUEUE,
        new_status: simulators::autotask::NEW,
        closed_statuses: vec![simulators::autotask::COMPLETE],
        priorities: Priorities { low, normal, high },
        due_in: Duration::from_hours(72),
        note_type: 1,
        note_publish: 2,
    }
}
