//! A batch while it is decided: what it would write, what it changed in memory, what each command
//! would be answered. Pure: nothing here waits.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::{NoContext, Timestamp, Uuid};

use super::memory::{Head, Known, Memory, StreamKey};
use super::{EVENTS_PER_COMMAND_MAX, Outcome, Pending, Reply, SubmitError, within};
use crate::json::JsonText;
use crate::{
    ClaimChange, ClaimKey, Decider, Decision, ENVELOPE_BYTES_MAX, Encoded, FactSource, Receipt,
    Written,
};

/// Events in one statement: at the rates measured (80,000 a second and more) far below the
/// statement's time limit of 5 s, on a slow disk too.
const BATCH_EVENTS_MAX: usize = 5_000;

/// Payload in one statement, in bytes, for the same reason and to bound the memory of both sides.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A claim's scope and key together, in bytes: a B-tree takes no row above a third of a page.
const CLAIM_BYTES_MAX: usize = 1_024;

/// The events of a batch by column, as one statement takes them.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) tenant_id: Vec<Uuid>,
    pub(super) entry: Vec<i64>,
    pub(super) stream_id: Vec<Uuid>,
    pub(super) version: Vec<i32>,
    pub(super) event_id: Vec<Uuid>,
    pub(super) event_type: Vec<Cow<'static, str>>,
    pub(super) schema_version: Vec<i16>,
    pub(super) company_id: Vec<Option<Uuid>>,
    pub(super) payload: Vec<JsonText<String>>,
    pub(super) metadata: Vec<JsonText<Arc<str>>>,
    pub(super) effective_on: Vec<NaiveDate>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.event_id.len()
    }

    /// The number of events as sequences count them.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.len()).unwrap_or(i64::MAX)
    }
}

/// A claim that the batch read or changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// Its owner in the database; none if that was not read.
    found: Option<Option<Uuid>>,
    now: Option<Uuid>,
}

pub(super) type ClaimId = (Uuid, ClaimKey);

/// A receipt by tenant, principal and key.
pub(super) type ReceiptId = (Uuid, Uuid, String);

/// What a key was answered, in the database or earlier in this batch.
pub(super) struct Kept {
    pub(super) body_hmac: Vec<u8>,
    pub(super) receipt: Receipt,
}

/// What the statement takes.
pub(super) struct Writing {
    pub(super) rows: Rows,
    pub(super) recorded_at: DateTime<Utc>,
    claims: HashMap<ClaimId, Claim>,
    receipts: HashMap<ReceiptId, Kept>,
    receipts_new: Vec<ReceiptId>,
}

impl Writing {
    /// Claims whose owner the batch changes, taken and changed hands apart from released ones.
    pub(super) fn claims_taken(&self) -> impl Iterator<Item = (&ClaimId, Uuid)> {
        self.claims_changed()
            .filter_map(|(id, claim)| Some((id, claim.now?)))
    }

    pub(super) fn claims_released(&self) -> impl Iterator<Item = &ClaimId> {
        self.claims_changed()
            .filter(|(_, claim)| claim.now.is_none())
            .map(|(id, _)| id)
    }

    fn claims_changed(&self) -> impl Iterator<Item = (&ClaimId, &Claim)> {
        self.claims
            .iter()
            .filter(|(_, claim)| claim.found != Some(claim.now))
    }

    pub(super) fn receipts_new(&self) -> impl Iterator<Item = (&ReceiptId, &Kept)> {
        self.receipts_new
            .iter()
            .filter_map(|id| Some((id, self.receipts.get(id)?)))
    }

    /// Whether there are events only.
    pub(super) fn bare(&self) -> bool {
        self.receipts_new.is_empty() && self.claims_changed().next().is_none()
    }

    /// The head after it is written.
    pub(super) fn head_after(&self, head: Head) -> Head {
        self.rows.event_id.last().map_or(head, |event_id| Head {
            sequence: head.sequence + self.rows.count(),
            event_id: *event_id,
            recorded_at: self.recorded_at,
        })
    }
}

pub(super) struct Draft<D: Decider> {
    pub(super) writing: Writing,
    /// By place in the batch; shorter than it if the draft is full before.
    pub(super) replies: Vec<Reply<D>>,
    next_id: Uuid,
    bytes: usize,
    touched: HashSet<StreamKey>,
    entries_before: HashMap<Uuid, i64>,
}

impl<D: Decider> Draft<D> {
    pub(super) fn new(recorded_at: DateTime<Utc>) -> Self {
        Self {
            writing: Writing {
                rows: Rows::default(),
                recorded_at,
                claims: HashMap::new(),
                receipts: HashMap::new(),
                receipts_new: Vec::new(),
            },
            replies: Vec::new(),
            next_id: first_event_id(recorded_at),
            bytes: 0,
            touched: HashSet::new(),
            entries_before: HashMap::new(),
        }
    }

    pub(super) fn full(&self) -> bool {
        self.writing.rows.len() >= BATCH_EVENTS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    pub(super) fn has_claim(&self, id: &ClaimId) -> bool {
        self.writing.claims.contains_key(id)
    }

    pub(super) fn learn_claim(&mut self, id: ClaimId, owner: Option<Uuid>) {
        let found = Some(owner);
        self.writing
            .claims
            .entry(id)
            .or_insert(Claim { found, now: owner });
    }

    pub(super) fn learn_receipt(&mut self, id: ReceiptId, kept: Kept) {
        self.writing.receipts.insert(id, kept);
    }

    /// The first answer under the command's key, if there was one.
    pub(super) fn replay(&self, command: &Pending<D>) -> Option<Reply<D>> {
        if self.writing.receipts.is_empty() {
            return None;
        }
        let kept = self.writing.receipts.get(&command.receipt_id()?)?;
        let body_hmac = &command.idempotency.as_ref()?.body_hmac;
        if kept.body_hmac != body_hmac {
            return Some(Err(SubmitError::KeyReused));
        }
        Some(Ok(Outcome::Replayed {
            status: kept.receipt.status,
            body: kept.receipt.body.clone(),
        }))
    }

    /// Takes a decision into the batch, unless it breaks a limit.
    pub(super) fn take(
        &mut self,
        decider: &D,
        memory: &mut Memory<D::State>,
        command: &Pending<D>,
        decision: Decision<D>,
    ) -> Reply<D> {
        let tenant = command.tenant;
        let Decision {
            events,
            claims,
            outcome,
        } = decision;
        let encoded = encode(decider, &events, &command.metadata)?;
        check_claims(&claims, events.is_empty())?;
        let written = self.place(memory, tenant, &events)?;
        let receipt = match (&outcome, command.receipt_id(), &command.idempotency) {
            (Ok(answer), Some(id), Some(idempotency)) if !events.is_empty() => {
                let receipt = decider.receipt(answer, &written);
                within("the receipt", receipt.body.len(), ENVELOPE_BYTES_MAX)?;
                let body_hmac = idempotency.body_hmac.to_vec();
                Some((id, Kept { body_hmac, receipt }))
            }
            _ => None,
        };

        // From here on nothing fails.
        for ((stream, event), encoded) in events.into_iter().zip(encoded) {
            self.append(decider, memory, (tenant, stream), &event, encoded, command);
        }
        for change in claims {
            self.change_claim(tenant, change);
        }
        if let Some((id, kept)) = receipt {
            self.writing.receipts_new.push(id.clone());
            self.writing.receipts.insert(id, kept);
        }
        Ok(Outcome::Decided {
            answer: outcome,
            written,
        })
    }

    /// Takes back what the batch did to the memory.
    pub(super) fn undo(self, memory: &mut Memory<D::State>) {
        for key in &self.touched {
            memory.forget_stream(key);
        }
        for (tenant, entry) in self.entries_before {
            memory.set_entry(tenant, entry);
        }
    }

    /// Where the events would stand.
    fn place(
        &self,
        memory: &mut Memory<D::State>,
        tenant: Uuid,
        events: &[(Uuid, D::Event)],
    ) -> Result<Written, SubmitError> {
        let entry = memory.entry(tenant).ok_or(SubmitError::Misdecided(
            "the tenant's last entry was not read",
        ))?;
        let added = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let mut versions: Vec<(Uuid, i32)> = Vec::new();
        for (stream, _) in events {
            if let Some((_, version)) = versions.iter_mut().find(|(id, _)| id == stream) {
                *version += 1;
                continue;
            }
            let version = match memory.stream(&(tenant, *stream)) {
                None => 0,
                Some(Known::Folded { version, .. }) => *version,
                Some(Known::Undecodable(undecodable)) => {
                    return Err(SubmitError::Undecodable(undecodable.clone()));
                }
            };
            versions.push((*stream, version + 1));
        }
        Ok(Written {
            entry: entry + added,
            sequence: memory.head.sequence + self.writing.rows.count() + added,
            versions,
        })
    }

    fn append(
        &mut self,
        decider: &D,
        memory: &mut Memory<D::State>,
        key: StreamKey,
        event: &D::Event,
        encoded: Encoded,
        command: &Pending<D>,
    ) {
        let (tenant, stream) = key;
        let Known::Folded { state, version } = memory.stream_mut(key) else {
            return;
        };
        decider.evolve(state, event, self.writing.recorded_at);
        *version += 1;
        let version = *version;
        self.touched.insert(key);

        let entry_before = memory.entry(tenant).unwrap_or_default();
        self.entries_before.entry(tenant).or_insert(entry_before);
        memory.set_entry(tenant, entry_before + 1);

        self.bytes += encoded.payload.len() + command.metadata.len();
        let rows = &mut self.writing.rows;
        rows.tenant_id.push(tenant);
        rows.entry.push(entry_before + 1);
        rows.stream_id.push(stream);
        rows.version.push(version);
        rows.event_id.push(self.next_id);
        self.next_id = next_event_id(self.next_id);
        rows.event_type.push(encoded.event_type);
        rows.schema_version.push(encoded.schema_version);
        rows.company_id.push(encoded.company_id);
        rows.payload.push(JsonText(encoded.payload));
        rows.metadata.push(JsonText(Arc::clone(&command.metadata)));
        rows.effective_on.push(encoded.effective_on);
    }

    fn change_claim(&mut self, tenant: Uuid, change: ClaimChange) {
        let ClaimChange { scope, key, owner } = change;
        self.writing
            .claims
            .entry((tenant, ClaimKey { scope, key }))
            .or_insert(Claim {
                found: None,
                now: None,
            })
            .now = owner;
    }
}

/// The facts of a command within the batch.
pub(super) struct View<'a, D: Decider> {
    pub(super) memory: &'a Memory<D::State>,
    pub(super) draft: &'a Draft<D>,
}

impl<D: Decider> FactSource<D::State> for View<'_, D> {
    fn stream(&self, tenant: Uuid, stream: Uuid) -> Option<(&D::State, i32)> {
        match self.memory.stream(&(tenant, stream))? {
            Known::Folded { state, version } if *version > 0 => Some((state, *version)),
            Known::Folded { .. } | Known::Undecodable(_) => None,
        }
    }

    fn claim(&self, tenant: Uuid, scope: &str, key: &str) -> Option<Uuid> {
        let key = ClaimKey {
            scope: scope.to_owned(),
            key: key.to_owned(),
        };
        self.draft.writing.claims.get(&(tenant, key))?.now
    }
}

fn encode<D: Decider>(
    decider: &D,
    events: &[(Uuid, D::Event)],
    metadata: &str,
) -> Result<Vec<Encoded>, SubmitError> {
    within("the decision", events.len(), EVENTS_PER_COMMAND_MAX)?;
    events
        .iter()
        .map(|(_, event)| {
            let encoded = decider.encode(event);
            let size = encoded.payload.len() + metadata.len();
            within("an event", size, ENVELOPE_BYTES_MAX)?;
            Ok(encoded)
        })
        .collect()
}

fn check_claims(claims: &[ClaimChange], without_events: bool) -> Result<(), SubmitError> {
    if without_events && !claims.is_empty() {
        return Err(SubmitError::Misdecided("claims without an event"));
    }
    for claim in claims {
        within(
            "a claim",
            claim.scope.len() + claim.key.len(),
            CLAIM_BYTES_MAX,
        )?;
    }
    Ok(())
}

/// A UUID v7 of the instant at which the batch is recorded, so that ids and times tell one story. Its
/// random half comes from the system: an id must differ from one that another writer gives to another
/// event of the same sequence, which no input of ours could promise.
fn first_event_id(recorded_at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(recorded_at.timestamp()).unwrap_or_default();
    let instant = Timestamp::from_unix(NoContext, seconds, recorded_at.timestamp_subsec_nanos());
    Uuid::new_v7(instant)
}

/// The next id of the same instant: its random tail counts up (RFC 9562, 6.2), so the ids of a batch
/// rise with its sequences, and the system is asked for randomness once.
fn next_event_id(id: Uuid) -> Uuid {
    const TAIL: u128 = (1 << 62) - 1;
    let id = id.as_u128();
    Uuid::from_u128((id & !TAIL) | ((id + 1) & TAIL))
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
