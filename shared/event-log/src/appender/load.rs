//! What a batch reads before it is decided.

use std::collections::{HashMap, HashSet};

use futures_util::future::join;
use futures_util::{TryStreamExt, pin_mut};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::draft::{ClaimId, Kept, ReceiptId};
use super::memory::{Head, Known, StreamKey};
use super::session::{STATEMENT_WAIT, Session};
use super::trouble::{Trouble, bounded};
use crate::json::JsonText;
use crate::reader::recorded;
use crate::{ClaimKey, Decider, Receipt};

/// What a batch has to read before it can be decided.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) streams: HashSet<StreamKey>,
    pub(super) claims: HashSet<ClaimId>,
    pub(super) receipts: HashSet<ReceiptId>,
    pub(super) entries: HashSet<Uuid>,
}

impl Wanted {
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.claims.is_empty()
            && self.receipts.is_empty()
            && self.entries.is_empty()
    }
}

/// What was there of it.
pub(super) struct Found<S> {
    /// All that were wanted; those without events too.
    pub(super) streams: HashMap<StreamKey, Known<S>>,
    pub(super) claims: HashMap<ClaimId, Uuid>,
    pub(super) receipts: Vec<(ReceiptId, Kept)>,
    pub(super) entries: Vec<(Uuid, i64)>,
}

impl Session {
    /// Reads what is wanted, streams up to the head. One round trip.
    pub(super) async fn load<D: Decider>(
        &mut self,
        decider: &D,
        tenants: &[Uuid],
        wanted: &Wanted,
        head: Head,
    ) -> Result<Found<D::State>, Trouble> {
        let cover = self.covering(tenants);
        let loaded = bounded(STATEMENT_WAIT, async {
            let ((cover, streams), (claims, (receipts, entries))) = join(
                join(
                    self.cover(cover.as_deref()),
                    self.streams(decider, &wanted.streams, head),
                ),
                join(
                    self.claims(&wanted.claims),
                    join(
                        self.receipts(&wanted.receipts),
                        self.entries(&wanted.entries),
                    ),
                ),
            )
            .await;
            cover?;
            Ok(Found {
                streams: streams?,
                claims: claims?,
                receipts: receipts?,
                entries: entries?,
            })
        })
        .await;
        self.settle_cover(loaded.is_ok(), tenants);
        loaded
    }

    async fn streams<D: Decider>(
        &self,
        decider: &D,
        wanted: &HashSet<StreamKey>,
        head: Head,
    ) -> Result<HashMap<StreamKey, Known<D::State>>, tokio_postgres::Error> {
        let mut known: HashMap<StreamKey, Known<D::State>> = HashMap::new();
        if wanted.is_empty() {
            return Ok(known);
        }
        known.extend(wanted.iter().map(|key| (*key, Known::default())));
        let (tenants, streams): (Vec<Uuid>, Vec<Uuid>) = wanted.iter().copied().unzip();
        let parameters: [&(dyn ToSql + Sync); 3] = [&tenants, &streams, &head.sequence];
        let rows = self
            .client
            .query_raw(&self.statements.streams, parameters)
            .await?;
        // Folded as they come: a stream may be long.
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await? {
            let recorded = recorded(&row)?;
            if let Some(known) = known.get_mut(&(recorded.tenant_id, recorded.stream_id)) {
                known.fold(decider, &recorded);
            }
        }
        Ok(known)
    }

    async fn claims(
        &self,
        wanted: &HashSet<ClaimId>,
    ) -> Result<HashMap<ClaimId, Uuid>, tokio_postgres::Error> {
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let tenants: Vec<Uuid> = wanted.iter().map(|(tenant, _)| *tenant).collect();
        let scopes: Vec<&str> = wanted.iter().map(|(_, id)| id.scope.as_str()).collect();
        let keys: Vec<&str> = wanted.iter().map(|(_, id)| id.key.as_str()).collect();
        self.client
            .query(&self.statements.claims, &[&tenants, &scopes, &keys])
            .await?
            .iter()
            .map(|row| {
                let key = ClaimKey {
                    scope: row.try_get(1)?,
                    key: row.try_get(2)?,
                };
                Ok(((row.try_get(0)?, key), row.try_get(3)?))
            })
            .collect()
    }

    async fn receipts(
        &self,
        wanted: &HashSet<ReceiptId>,
    ) -> Result<Vec<(ReceiptId, Kept)>, tokio_postgres::Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let tenants: Vec<Uuid> = wanted.iter().map(|(tenant, _, _)| *tenant).collect();
        let principals: Vec<Uuid> = wanted.iter().map(|(_, principal, _)| *principal).collect();
        let keys: Vec<&str> = wanted.iter().map(|(_, _, key)| key.as_str()).collect();
        self.client
            .query(&self.statements.receipts, &[&tenants, &principals, &keys])
            .await?
            .iter()
            .map(|row| {
                let id = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                let receipt = Receipt {
                    status: row.try_get(4)?,
                    body: row.try_get::<_, JsonText<String>>(5)?.0,
                };
                let body_hmac = row.try_get(3)?;
                Ok((id, Kept { body_hmac, receipt }))
            })
            .collect()
    }

    async fn entries(
        &self,
        wanted: &HashSet<Uuid>,
    ) -> Result<Vec<(Uuid, i64)>, tokio_postgres::Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let tenants: Vec<Uuid> = wanted.iter().copied().collect();
        self.client
            .query(&self.statements.entries, &[&tenants])
            .await?
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }
}
