//! A ticket system in memory that fails in each known way.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use integrations::psa::{Draft, Limits, Note, Psa, PsaError, Ticket, TicketState};

use crate::{chance::Chance, ledger::TestClock};

/// How long the system says that a search may lag.
pub(crate) const LAG: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    DoneAndFailed,
    Failed,
    Stalled,
    Busy(u64),
    Unreachable,
}

#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) draft: Draft,
    pub(crate) shown: Ticket,
    visible_at: DateTime<Utc>,
}

enum Late {
    Create(Draft),
    Note(String, String),
    Close(String),
}

struct Inner {
    tickets: Vec<Kept>,
    faults: VecDeque<Fault>,
    /// By chance: in so many of a thousand calls.
    chance: Chance,
    per_mille: u64,
    late: Vec<(DateTime<Utc>, Late)>,
    lag: TimeDelta,
    unauthorized: bool,
    calls: u64,
}

#[derive(Clone)]
pub(crate) struct System {
    inner: Arc<Mutex<Inner>>,
    clock: TestClock,
}

impl System {
    pub(crate) fn new(clock: &TestClock, seed: u64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                tickets: Vec::new(),
                faults: VecDeque::new(),
                chance: Chance(seed),
                per_mille: 0,
                late: Vec::new(),
                lag: TimeDelta::zero(),
                unauthorized: false,
                calls: 0,
            })),
            clock: clock.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn fail_next(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    pub(crate) fn fail_by_chance(&self, per_mille: u64, lag: TimeDelta) {
        let mut inner = self.lock();
        inner.per_mille = per_mille;
        inner.lag = lag;
    }

    pub(crate) fn refuse_credentials(&self, refuse: bool) {
        self.lock().unauthorized = refuse;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.lock().calls
    }

    pub(crate) fn tickets(&self) -> Vec<Kept> {
        self.lock().tickets.clone()
    }

    pub(crate) fn open(&self) -> Vec<Kept> {
        let all = self.tickets().into_iter();
        all.filter(|kept| kept.shown.state == TicketState::Open)
            .collect()
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Ticket)) {
        let mut inner = self.lock();
        let kept = inner.tickets.iter_mut().find(|kept| kept.shown.id == id);
        change(&mut kept.unwrap().shown);
    }

    pub(crate) fn person_writes(&self, id: &str) {
        self.change(id, |ticket| {
            ticket.notes.push(Note {
                ours: false,
                text: "I look into it".to_owned(),
            });
        });
    }

    /// A call: what is late by now lands, then it may fail, before or after it is done.
    fn call<T>(
        &self,
        change: Option<Late>,
        answer: impl FnOnce(&mut Inner, DateTime<Utc>) -> Result<T, PsaError>,
    ) -> Result<T, PsaError> {
        let now = self.clock.now();
        let mut inner = self.lock();
        inner.calls += 1;
        let late = std::mem::take(&mut inner.late);
        for (at, late) in late {
            match at <= now {
                true => inner.land(late, at),
                false => inner.late.push((at, late)),
            }
        }
        if inner.unauthorized {
            return Err(PsaError::Unauthorized("401".to_owned()));
        }
        let mut fault = inner.faults.pop_front();
        if fault.is_none() && inner.chance.below(1_000) < inner.per_mille {
            let all = [
                Fault::DoneAndFailed,
                Fault::Failed,
                Fault::Stalled,
                Fault::Busy(2),
                Fault::Unreachable,
            ];
            fault = Some(all[usize::try_from(inner.chance.below(5)).unwrap()]);
        }
        let failed = || PsaError::Failed {
            status: 500,
            said: "oops".to_owned(),
        };
        match fault {
            None => {
                change
                    .into_iter()
                    .for_each(|change| inner.land(change, now));
                answer(&mut inner, now)
            }
            Some(Fault::DoneAndFailed) => {
                change
                    .into_iter()
                    .for_each(|change| inner.land(change, now));
                Err(failed())
            }
            Some(Fault::Failed) => Err(failed()),
            Some(Fault::Stalled) => {
                let at = now + TimeDelta::seconds(5);
                inner.late.extend(change.map(|change| (at, change)));
                Err(PsaError::NoAnswer("it takes too long".to_owned()))
            }
            Some(Fault::Busy(seconds)) => Err(PsaError::Busy {
                retry_after: Some(Duration::from_secs(seconds)),
            }),
            Some(Fault::Unreachable) => Err(PsaError::Unreachable("refused".to_owned())),
        }
    }
}

impl Inner {
    fn land(&mut self, late: Late, at: DateTime<Utc>) {
        match late {
            Late::Create(draft) => {
                let id = (self.tickets.len() + 1).to_string();
                let shown = Ticket {
                    number: format!("#{id}"),
                    url: url::Url::parse(&format!("https://tickets.example/{id}")).ok(),
                    id,
                    state: TicketState::Open,
                    status: "new".to_owned(),
                    notes: Vec::new(),
                    has_time: false,
                };
                self.tickets.push(Kept {
                    draft,
                    shown,
                    visible_at: at + self.lag,
                });
            }
            Late::Note(id, text) => {
                if let Some(kept) = self.tickets.iter_mut().find(|kept| kept.shown.id == id) {
                    kept.shown.notes.push(Note { ours: true, text });
                }
            }
            Late::Close(id) => {
                let mut open = self.tickets.iter_mut();
                if let Some(kept) =
                    open.find(|kept| kept.shown.id == id && kept.shown.state == TicketState::Open)
                {
                    kept.shown.state = TicketState::Closed;
                }
            }
        }
    }
}

#[async_trait]
impl Psa for System {
    fn limits(&self) -> Limits {
        Limits {
            search_lag: LAG,
            finds_by_reference: true,
            calls_per_hour: 100_000,
            subject_length_max: 100,
        }
    }

    async fn check(&self) -> Result<(), PsaError> {
        self.call(None, |_, _| Ok(()))
    }

    async fn find(&self, reference: &str) -> Result<Vec<Ticket>, PsaError> {
        tokio::task::yield_now().await;
        self.call(None, |inner, now| {
            let seen = inner
                .tickets
                .iter()
                .filter(|kept| kept.draft.reference == reference && kept.visible_at <= now);
            Ok(seen.map(|kept| kept.shown.clone()).collect())
        })
    }

    async fn create(&self, draft: &Draft) -> Result<Ticket, PsaError> {
        // Killed before it is sent, or after.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let made = self.call(Some(Late::Create(draft.clone())), |inner, _| {
            let last = inner.tickets.last().ok_or(PsaError::NotFound)?;
            Ok(last.shown.clone())
        });
        tokio::time::sleep(Duration::from_millis(2)).await;
        made
    }

    async fn comment(&self, id: &str, text: &str) -> Result<(), PsaError> {
        tokio::task::yield_now().await;
        self.call(Some(Late::Note(id.to_owned(), text.to_owned())), |_, _| {
            Ok(())
        })
    }

    async fn read(&self, id: &str) -> Result<Ticket, PsaError> {
        tokio::task::yield_now().await;
        self.call(None, |inner, _| {
            let kept = inner.tickets.iter().find(|kept| kept.shown.id == id);
            Ok(kept.ok_or(PsaError::NotFound)?.shown.clone())
        })
    }

    async fn close(&self, id: &str, _: &str) -> Result<(), PsaError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.call(Some(Late::Close(id.to_owned())), |_, _| Ok(()))
    }
}
