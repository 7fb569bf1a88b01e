//! Folds the whole log in memory, on a thread of its own, while others read and load.

use std::{collections::BTreeMap, sync::Arc};

use deadpool_postgres::Pool;
use event_log::Recorded;

use super::{
    Folded, OnStage, Stage,
    copy::{Loaders, Pieces},
    read::{self, Pages},
};
use crate::{
    Model,
    compliance::project::{self, Shares, TenantPool},
    entry::Entry,
    error::Error,
    log::Log,
    rooms,
    rows::Sink,
    seats,
    world::{Stream, World, has_state},
};

/// Subjects whose rows are made between two looks at how much has gathered.
const SUBJECTS_AT_ONCE: usize = 200;

pub(super) async fn fold(
    log: &Log,
    read: &Pool,
    models: &[Model],
    on_stage: &OnStage,
) -> Result<Folded, Error> {
    let total = log.head().await?;
    let pages = read::pages(log.clone());
    let (loaders, pieces) = Loaders::start(read, models);
    let folder = Folder {
        models: models.to_vec(),
        sinks: models.iter().map(|_| Sink::copy()).collect(),
        pieces,
        folded: Folded {
            last: None,
            entries: BTreeMap::new(),
            halted: BTreeMap::new(),
            world: World::unbounded(),
        },
    };
    let on_stage = Arc::clone(on_stage);
    let folding = tokio::task::spawn_blocking(move || folder.run(pages, total, &on_stage));
    let folded = folding.await.unwrap_or(Err(Error::GivenUp {
        part: "folding the log",
    }));
    // Of the two errors that a failing table leads to, its own says more.
    loaders.finish().await?;
    folded
}

struct Folder {
    models: Vec<Model>,
    /// One for each model.
    sinks: Vec<Sink>,
    pieces: Pieces,
    folded: Folded,
}

impl Folder {
    fn run(mut self, mut pages: Pages, total: i64, on_stage: &OnStage) -> Result<Folded, Error> {
        while let Some(page) = pages.blocking_recv() {
            for recorded in page? {
                self.take(recorded)?;
            }
            self.send(false)?;
            let done = self.folded.last.map_or(0, |(sequence, _)| sequence);
            on_stage(Stage::Folding {
                done,
                total: total.max(done),
            });
        }
        self.derive()?;
        Ok(self.folded)
    }

    fn take(&mut self, recorded: Recorded) -> Result<(), Error> {
        let folded = &mut self.folded;
        folded.last = Some((recorded.sequence, recorded.event_id));
        let tenant = recorded.tenant_id;
        if folded.halted.contains_key(&tenant) {
            return Ok(());
        }
        let entry = match Entry::read(recorded) {
            Ok(entry) => entry,
            Err(error) => {
                folded.entries.entry(tenant).or_insert(error.entry - 1);
                folded.halted.insert(tenant, Error::from(error).told());
                return Ok(());
            }
        };
        folded.entries.insert(tenant, entry.recorded.entry);
        let mut before = None;
        let mut after = None;
        if has_state(&entry.fact.event) {
            before = seats::project::count(
                folded.world.get(tenant, entry.recorded.stream_id),
                &entry.fact,
            );
            after = Some(folded.world.fold(&entry));
        }
        for (model, sink) in self.models.iter().zip(&mut self.sinks) {
            rooms::append(*model, &entry, before, after, sink)?;
        }
        Ok(())
    }

    /// The rows that come from states.
    fn derive(&mut self) -> Result<(), Error> {
        let subjects: Vec<Stream> = self
            .folded
            .world
            .iter()
            .map(|(stream, _)| *stream)
            .collect();
        let mut pools: BTreeMap<TenantPool, Shares> = BTreeMap::new();
        for subjects in subjects.chunks(SUBJECTS_AT_ONCE) {
            for subject in subjects {
                self.derive_subject(*subject, &mut pools)?;
            }
            self.send(false)?;
        }
        let compliance = self
            .models
            .iter()
            .position(|model| *model == Model::Compliance);
        if let Some(sink) = compliance.and_then(|at| self.sinks.get_mut(at)) {
            for (pool, shares) in pools {
                project::pool(&pool, &shares, sink)?;
                self.pieces.send(Model::Compliance, sink, false);
            }
        }
        self.send(true)
    }

    fn derive_subject(
        &mut self,
        subject: Stream,
        pools: &mut BTreeMap<TenantPool, Shares>,
    ) -> Result<(), Error> {
        for (model, sink) in self.models.iter().zip(&mut self.sinks) {
            for (pool, share) in rooms::derive(*model, &self.folded.world, subject, sink)? {
                pools.entry(pool).or_default().insert(subject.1, share);
            }
        }
        Ok(())
    }

    fn send(&mut self, all: bool) -> Result<(), Error> {
        for (model, sink) in self.models.iter().zip(&mut self.sinks) {
            if !self.pieces.send(*model, sink, all) {
                return Err(Error::GivenUp {
                    part: "loading a table",
                });
            }
        }
        Ok(())
    }
}
