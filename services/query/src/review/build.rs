//! From what the read models tell to a review.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    pricing::{Priced, priced},
    rows::{Alert, Earlier, End, Happened, License, Pool, PoolId, Rows},
    span::Span,
    told::{
        Ahead, Audience, Change, Changes, Decision, Ending, Figures, Listing, MissingSeats,
        Position, Product, Review, SpareSeats, What, Yearly,
    },
    words,
};
use crate::parameters::CompanyName;

/// Lines of a list that are shown; more are counted. Nobody reads further at a table.
pub(super) const LINES_MAX: usize = 500;

/// What is asked of a company.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) company: Uuid,
    pub(super) audience: Audience,
    pub(super) span: Span,
    pub(super) as_of: chrono::NaiveDate,
    pub(super) entry: i64,
}

/// A pool with its licenses and its money.
struct Judged<'a> {
    pool: &'a Pool,
    product: Product,
    priced: Priced,
}

/// The same rows make the same review, whatever their order.
pub(super) fn review(asked: Asked, rows: &Rows) -> Review {
    let mut licenses: Vec<&License> = rows.licenses.iter().collect();
    licenses.sort_by_key(|license| license.asset_id);
    let mut by_pool: BTreeMap<PoolId, Vec<&License>> = BTreeMap::new();
    for license in &licenses {
        by_pool.entry(license.pool()).or_default().push(license);
    }
    let mut pools: Vec<Judged<'_>> = rows
        .pools
        .iter()
        .map(|pool| {
            judged(
                asked,
                pool,
                by_pool.get(&pool.id()).map_or(&[][..], Vec::as_slice),
            )
        })
        .collect();
    pools.sort_by(|one, other| {
        by_name(&one.product, &other.product).then_with(|| one.pool.id().cmp(&other.pool.id()))
    });
    let beyond = |pool: &&Judged<'_>| pool.pool.status == "true_up_due";
    let money = asked.audience.money();
    Review {
        account: rows.account.clone(),
        company: CompanyName {
            id: asked.company,
            name: rows.company.clone(),
        },
        audience: asked.audience,
        money,
        quarter: asked.span.quarter().map(|quarter| quarter.to_string()),
        from: asked.span.from,
        to: asked.span.until,
        as_of: asked.as_of,
        entry: asked.entry,
        figures: figures(asked.audience, &licenses, &pools),
        spare: spare(&pools, &rows.alerts),
        short: missing(pools.iter().filter(|pool| !beyond(pool))),
        beyond_billed: missing(pools.iter().filter(beyond)),
        ahead: ahead(asked, &rows.ends, &licenses),
        changes: changes(asked, rows, &pools),
        decisions: decisions(&rows.alerts),
    }
}

fn judged<'a>(asked: Asked, pool: &'a Pool, licenses: &[&License]) -> Judged<'a> {
    let named = || licenses.iter().map(|license| &license.name).min().cloned();
    Judged {
        pool,
        product: Product {
            product: pool.product.clone().or_else(named).unwrap_or_default(),
            vendor: pool.vendor.clone(),
            metric: pool.metric.clone(),
        },
        priced: priced(pool, licenses, asked.audience, asked.as_of),
    }
}

fn by_name(one: &Product, other: &Product) -> std::cmp::Ordering {
    let lower = |product: &Product| product.product.to_lowercase();
    lower(one).cmp(&lower(other)).then_with(|| one.cmp(other))
}

fn figures(audience: Audience, licenses: &[&License], pools: &[Judged<'_>]) -> Figures {
    let mut figures = Figures {
        licenses: licenses.len(),
        ..Figures::default()
    };
    for license in licenses.iter().filter(|license| license.in_force) {
        let yearly = license.yearly(audience);
        figures.without_amount += usize::from(yearly.is_empty());
        figures.yearly.0.add_all(&yearly);
    }
    for Judged { pool, priced, .. } in pools {
        figures.incomplete += usize::from(pool.incomplete);
        // Nobody counts the seats of what has no limit.
        if pool.status != "unlimited" {
            figures.seats_owned += pool.owned;
            figures.seats_in_use += pool.in_use;
        }
        figures.short += pool.short;
        figures.short_yearly.0.add_all(&priced.short.0);
        if pool.status == "true_up_due" {
            figures.beyond_billed += pool.short;
            figures.beyond_billed_yearly.0.add_all(&priced.short.0);
        }
        figures.spare += pool.spare;
        figures.spare_yearly.0.add_all(&priced.spare.0);
        for (sum, part) in [
            (&mut figures.recoverable_now, &priced.now),
            (&mut figures.recoverable_at_renewal, &priced.later),
        ] {
            sum.seats += part.seats;
            sum.yearly.0.add_all(&part.yearly.0);
        }
    }
    figures
}

fn spare(pools: &[Judged<'_>], alerts: &[Alert]) -> Listing<SpareSeats> {
    let mut all: Vec<SpareSeats> = pools
        .iter()
        .filter(|judged| judged.pool.spare > 0)
        .map(|judged| {
            let Judged {
                pool,
                product,
                priced,
            } = judged;
            let flag = alerts.iter().find(|alert| {
                alert.kind == "over_licensed"
                    && alert.product_key.as_ref() == Some(&pool.product_key)
                    && alert.metric.as_ref() == Some(&pool.metric)
            });
            SpareSeats {
                pool: product.clone(),
                owned: pool.owned,
                in_use: pool.in_use,
                spare: pool.spare,
                since: flag.and_then(|alert| alert.since).or(pool.spare_since),
                flagged: flag.is_some(),
                yearly: priced.spare.clone(),
                recoverable_now: priced.now.clone(),
                recoverable_at_renewal: priced.later.clone(),
                renewal_on: priced.renewal_on,
            }
        })
        .collect();
    all.sort_by_key(|line| std::cmp::Reverse(line.spare));
    Listing::first(all, LINES_MAX)
}

fn missing<'a, 'b: 'a>(pools: impl Iterator<Item = &'a Judged<'b>>) -> Listing<MissingSeats> {
    let mut all: Vec<MissingSeats> = pools
        .filter(|judged| judged.pool.short > 0)
        .map(
            |Judged {
                 pool,
                 product,
                 priced,
             }| MissingSeats {
                pool: product.clone(),
                owned: pool.owned,
                in_use: pool.in_use,
                missing: pool.short,
                since: pool.short_since,
                expired: pool.status == "expired_in_use",
                yearly: priced.short.clone(),
            },
        )
        .collect();
    all.sort_by_key(|line| std::cmp::Reverse(line.missing));
    Listing::first(all, LINES_MAX)
}

fn ahead(asked: Asked, ends: &[End], licenses: &[&License]) -> Ahead {
    let of = |end: &End| {
        let own = licenses.iter().filter(|license| !license.allocated);
        own.clone().find(|license| license.asset_id == end.asset_id)
    };
    let mut all: Vec<Ending> = ends
        .iter()
        .map(|end| {
            let license = of(end);
            let yearly =
                license.map_or_else(|| end.yearly(), |license| license.yearly(asked.audience));
            Ending {
                asset_id: end.asset_id,
                name: end.name.clone(),
                expiry_date: end.expiry_date,
                deadline: end.deadline,
                auto_renew: end.auto_renew,
                presumed: end.presumed,
                decision: end.decision.as_deref().map(|word| match word {
                    "change_to" => "change",
                    "renew" => "renew",
                    _ => "lapse",
                }),
                quantity: end.quantity,
                note: end.note.clone(),
                seats: license.and_then(|license| license.owned),
                yearly: Yearly(yearly),
            }
        })
        .collect();
    all.sort_by(|one, other| {
        let key = |line: &Ending| {
            (
                line.deadline,
                line.expiry_date,
                line.name.clone(),
                line.asset_id,
            )
        };
        key(one).cmp(&key(other))
    });
    Ahead {
        from: asked.as_of,
        until: asked.span.ahead_until(),
        ends: Listing::first(all, LINES_MAX),
    }
}

fn changes(asked: Asked, rows: &Rows, pools: &[Judged<'_>]) -> Changes {
    let received: BTreeSet<Uuid> = rows
        .transfers
        .iter()
        .filter(|change| change.received)
        .map(|change| change.asset_id)
        .collect();
    let new = rows
        .new
        .iter()
        .filter(|change| !received.contains(&change.asset_id));
    Changes {
        since: asked.span.day_before(),
        positions: positions(&rows.positions, pools),
        new: happened(new, |_| What::New),
        renewed: happened(rows.renewals.iter(), |_| What::Renewed),
        ended: happened(rows.ended.iter(), |change| {
            if change.archived {
                What::Archived
            } else {
                What::Ended
            }
        }),
        transferred: happened(rows.transfers.iter(), |change| {
            if change.received {
                What::Received
            } else {
                What::GivenAway
            }
        }),
    }
}

fn happened<'a>(
    all: impl Iterator<Item = &'a Happened>,
    what: impl Fn(&Happened) -> What,
) -> Listing<Change> {
    let mut all: Vec<Change> = all
        .map(|change| Change {
            asset_id: change.asset_id,
            name: change.name.clone(),
            what: what(change),
            on: change.on,
            seats: change.seats,
            until: change.until,
        })
        .collect();
    all.sort_by(|one, other| {
        let key = |line: &Change| {
            (
                line.on,
                line.name.clone(),
                line.asset_id,
                line.what,
                line.seats,
            )
        };
        key(one).cmp(&key(other))
    });
    Listing::first(all, LINES_MAX)
}

/// All pools that there were or are.
fn positions(earlier: &[Earlier], pools: &[Judged<'_>]) -> Listing<Position> {
    let mut all: BTreeMap<PoolId, Position> = pools
        .iter()
        .map(|judged| {
            let position = Position {
                pool: judged.product.clone(),
                owned_before: 0,
                owned: judged.pool.owned,
                in_use_before: 0,
                in_use: judged.pool.in_use,
            };
            (judged.pool.id(), position)
        })
        .collect();
    for pool in earlier {
        let id = PoolId {
            product_key: pool.product_key.clone(),
            metric: pool.metric.clone(),
        };
        let position = all.entry(id).or_insert_with(|| Position {
            pool: Product {
                product: pool
                    .product
                    .clone()
                    .or_else(|| pool.licensed_as.clone())
                    .unwrap_or_default(),
                vendor: None,
                metric: pool.metric.clone(),
            },
            owned_before: 0,
            owned: 0,
            in_use_before: 0,
            in_use: 0,
        });
        (position.owned_before, position.in_use_before) = (pool.owned, pool.in_use);
    }
    let mut all: Vec<Position> = all.into_values().collect();
    // What changed comes first, so that none of it is only counted.
    all.sort_by(|one, other| {
        let same = |line: &Position| !line.is_changed();
        same(one)
            .cmp(&same(other))
            .then_with(|| by_name(&one.pool, &other.pool))
    });
    Listing::first(all, LINES_MAX)
}

impl Position {
    /// Whether something is otherwise than it was.
    pub(super) fn is_changed(&self) -> bool {
        (self.owned_before, self.in_use_before) != (self.owned, self.in_use)
    }
}

fn decisions(alerts: &[Alert]) -> Listing<Decision> {
    let mut all: Vec<&Alert> = alerts.iter().collect();
    all.sort_by_key(|alert| {
        (
            std::cmp::Reverse(alert.gravity),
            alert.urgent_on,
            alert.alert_id,
        )
    });
    let said = |alert: &Alert| {
        let name = alert.name.as_deref().unwrap_or("A license");
        Decision {
            alert_id: alert.alert_id,
            kind: alert.kind.clone(),
            text: words::said(alert, name),
            deadline: alert.deadline,
            acknowledged: alert.acknowledged,
        }
    };
    Listing::first(all.into_iter().map(said).collect(), LINES_MAX)
}
