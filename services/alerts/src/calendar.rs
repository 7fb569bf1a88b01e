//! Watches the calendars: what changes without an event.

use std::time::Duration;

use chrono::TimeDelta;
use event_log::Reader;
use tokio::time::sleep;

use crate::{
    Context,
    accounts::{Accounts, Due, Swept},
    error::{Trouble, told},
    review::Reviewer,
};

/// How often it is looked whether a day has begun somewhere, or something is due.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long an account is left alone after trouble.
const PUT_OFF: TimeDelta = TimeDelta::seconds(10);

pub(crate) async fn watch(context: &Context) -> Result<(), Trouble> {
    let accounts = Accounts::new(context.own.clone());
    let reviewer = Reviewer::new(context.clone());
    loop {
        for due in accounts.due(context.commands.now()).await? {
            match sweep(context, &accounts, &reviewer, &due).await {
                Ok(()) => {}
                Err(error) if error.is_of_one_account() => {
                    tracing::warn!(tenant = %due.tenant, reason = told(&error), "a sweep is put off");
                    let until = context.commands.now() + PUT_OFF;
                    accounts.put_off(due.tenant, until).await?;
                }
                Err(error) => return Err(error),
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

/// One account at a time: a sweep is for the machine as heavy as an import.
async fn sweep(
    context: &Context,
    accounts: &Accounts,
    reviewer: &Reviewer,
    due: &Due,
) -> Result<(), Trouble> {
    let began_at = context.commands.now();
    let reader = Reader::new(context.log.clone());
    let entry = reader.last_entry(due.tenant).await?;
    let looked = match due.whole {
        true => reviewer.sweep(due.tenant, entry, due.everything).await?,
        false => reviewer.due(due.tenant, entry).await?,
    };
    metrics::counter!("alerts_sweeps_total").increment(1);
    let swept = Swept {
        began_at,
        on: looked.today,
        time_zone: looked.time_zone,
        due_at: looked.due_at,
    };
    accounts.swept(due, &swept).await
}
