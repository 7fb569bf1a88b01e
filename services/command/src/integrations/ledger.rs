//! What the ledger says of an integration. The ledger itself is asked, since a decision tells no more than it records.

use domain::{
    Subject,
    ids::{IntegrationId, TenantId},
    integration::Integration,
};
use event_log::{ReadError, Reader};
use web::problem::{Causes, Kind, Problem};

use crate::state::State;

/// Events of one integration that are read at once.
const PAGE: usize = 1_000;

impl State {
    /// An integration, removed ones included; none if there never was one.
    pub(crate) async fn known_integration(
        &self,
        tenant: TenantId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, Problem> {
        let Some(sweeper) = self.sweeper() else {
            tracing::error!("this service can't read the log, which integrations need");
            return Err(Problem::new(Kind::Unavailable));
        };
        match read(sweeper.log(), tenant, id).await {
            Ok(Subject::Integration(known)) => Ok(Some(*known)),
            Ok(_) => Ok(None),
            Err(Unread::Log(error)) => Err(Problem::unavailable(&error)),
            Err(Unread::Newer(error)) => {
                tracing::error!(error = %Causes(&error), "an integration has events of a newer release");
                Err(Problem::new(Kind::UpgradeRequired))
            }
        }
    }
}

enum Unread {
    Log(ReadError),
    Newer(contract::DecodeError),
}

async fn read(log: &Reader, tenant: TenantId, id: IntegrationId) -> Result<Subject, Unread> {
    let mut subject = Subject::default();
    let mut after = 0;
    loop {
        let events = log.read_stream(tenant.0, id.0, after, PAGE).await;
        let events = events.map_err(Unread::Log)?;
        for event in &events {
            after = event.version;
            let fact = contract::fact(event).map_err(Unread::Newer)?;
            subject.evolve(&fact, event.recorded_at);
        }
        if events.len() < PAGE {
            return Ok(subject);
        }
    }
}
