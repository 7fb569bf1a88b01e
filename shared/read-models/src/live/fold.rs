use std::collections::{BTreeMap, BTreeSet};

use domain::product::Alias;
use uuid::Uuid;

use super::Live;
use crate::{
    Model,
    checkpoint::Progress,
    entry::Entry,
    error::Error,
    log::Wanted,
    rooms::{self, Touched},
    rows::Sink,
    seats,
    world::{Stream, has_state},
};

/// What a batch comes to, model by model.
#[derive(Default)]
pub(super) struct Folding {
    pub(super) parts: BTreeMap<Model, Part>,
    /// The last event of each tenant that was folded.
    pub(super) until: BTreeMap<Uuid, i64>,
}

/// What a batch comes to in one model.
pub(super) struct Part {
    pub(super) appended: Sink,
    pub(super) subjects: BTreeSet<Stream>,
    pub(super) types: BTreeSet<Stream>,
    /// What licenses call their products.
    pub(super) names: BTreeSet<(Uuid, Alias)>,
    /// The last entry of each tenant.
    entries: BTreeMap<Uuid, i64>,
}

impl Folding {
    pub(super) fn progress(&self) -> Vec<Progress> {
        let row = |model: Model, (&tenant, &entry): (&Uuid, &i64)| Progress {
            model,
            tenant,
            entry,
            halted: None,
        };
        let parts = self.parts.iter();
        parts
            .flat_map(|(model, part)| part.entries.iter().map(|entry| row(*model, entry)))
            .collect()
    }
}

impl Live {
    /// Folds entries into the world, and gathers what each model that wants them has to write.
    pub(super) async fn fold(
        &mut self,
        entries: &[&Entry],
        wants: &(dyn Fn(Model, &Entry) -> bool + Sync),
    ) -> Result<Folding, Error> {
        let wanted = |entry: &&&Entry| self.models.iter().any(|model| wants(*model, entry));
        let entries: Vec<&Entry> = entries.iter().filter(wanted).copied().collect();
        self.reach(&entries).await?;
        let mut folding = Folding::default();
        for entry in entries {
            let recorded = &entry.recorded;
            folding.until.insert(recorded.tenant_id, recorded.sequence);
            let mut before = None;
            let mut after = None;
            if has_state(&entry.fact.event) {
                let folded = self.world.get(recorded.tenant_id, recorded.stream_id);
                before = seats::project::count(folded, &entry.fact);
                after = Some(self.world.fold(entry));
            }
            for &model in self.models.iter().filter(|model| wants(**model, entry)) {
                let part = folding.parts.entry(model).or_insert_with(|| Part {
                    appended: Sink::arrays(None),
                    subjects: BTreeSet::new(),
                    types: BTreeSet::new(),
                    names: BTreeSet::new(),
                    entries: BTreeMap::new(),
                });
                part.entries.insert(recorded.tenant_id, recorded.entry);
                rooms::append(model, entry, before, after, &mut part.appended)?;
                match after.map(|after| rooms::touched(model, entry, after)) {
                    Some(Touched::Subject(stream)) => {
                        part.subjects.insert(stream);
                    }
                    Some(Touched::Type(stream)) => {
                        part.types.insert(stream);
                    }
                    Some(Touched::Names(tenant, names)) => {
                        part.names
                            .extend(names.into_iter().map(|name| (tenant, name)));
                    }
                    Some(Touched::Nothing) | None => {}
                }
            }
        }
        Ok(folding)
    }

    /// Brings each entry's stream to the state just before its first entry.
    async fn reach(&mut self, entries: &[&Entry]) -> Result<(), Error> {
        let mut firsts: BTreeMap<Stream, Wanted> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| has_state(&entry.fact.event)) {
            let stream = (entry.recorded.tenant_id, entry.recorded.stream_id);
            firsts.entry(stream).or_insert(Wanted {
                stream,
                below: entry.recorded.version,
                until: entry.recorded.sequence,
            });
        }
        firsts.retain(|stream, first| self.world.version(*stream) != first.below - 1);
        let stale: BTreeSet<Stream> = firsts.keys().copied().collect();
        self.world.forget(&stale);
        self.load(
            firsts
                .values()
                .filter(|first| first.below > 1)
                .copied()
                .collect(),
        )
        .await
    }

    /// Makes subjects, and what their rows also depend on, present, as of their tenants' last folded events.
    pub(super) async fn present(
        &mut self,
        subjects: &[Stream],
        until: &BTreeMap<Uuid, i64>,
    ) -> Result<(), Error> {
        self.present_only(subjects.iter().copied().collect(), until)
            .await?;
        let related = subjects
            .iter()
            .flat_map(|subject| self.world.related(*subject))
            .collect();
        self.present_only(related, until).await
    }

    async fn present_only(
        &mut self,
        mut subjects: BTreeSet<Stream>,
        until: &BTreeMap<Uuid, i64>,
    ) -> Result<(), Error> {
        subjects.retain(|subject| !self.world.knows(*subject));
        let wanted = |stream: Stream| Wanted {
            stream,
            below: i32::MAX,
            until: until.get(&stream.0).copied().unwrap_or(0),
        };
        self.load(subjects.iter().copied().map(wanted).collect())
            .await?;
        for subject in subjects {
            self.world.note_absent(subject);
        }
        Ok(())
    }

    async fn load(&mut self, wanted: Vec<Wanted>) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        for recorded in self.log.streams(&wanted).await? {
            let entry = Entry::read(recorded)?;
            if has_state(&entry.fact.event) {
                self.world.fold(&entry);
            }
        }
        Ok(())
    }
}
