//! What people may do to a license, on the days of a small calendar, and the commands that say it.

use super::{CALENDAR_DAYS, nth};
use crate::support::{Ledger, entries};
use domain::{
    Command,
    asset::{
        AllocationDraft, AssetPatch, AssignmentDraft, CountDraft, Holder, HolderKind,
        PurchaseDraft, ReductionDraft, RenewalDraft, TransferDraft,
    },
    ids::{AssetId, AssetTypeId, AssignmentId, CompanyId, HolderId, PurchaseId},
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// How many companies there are.
pub(crate) const COMPANIES: usize = 3;

/// One thing that a person may do to a license.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Total {
        on: u64,
        to: Option<i64>,
        correction: bool,
    },
    Typed {
        on: u64,
        to: Option<i64>,
        correction: bool,
    },
    Count {
        on: u64,
        to: Option<i64>,
        synced: bool,
        of: Option<usize>,
        correction: bool,
    },
    Source {
        on: u64,
        word: &'static str,
    },
    Buy {
        from: u64,
        days: Option<u64>,
        quantity: i64,
    },
    End {
        which: Index,
        on: u64,
    },
    Reduce {
        which: Index,
        on: u64,
        to: i64,
    },
    Expiry {
        to: Option<u64>,
    },
    Renew {
        to: u64,
        quantity: Option<i64>,
    },
    Assign {
        from: u64,
        days: Option<u64>,
        quantity: i64,
        holder: u128,
        of: Option<usize>,
    },
    Release {
        which: Index,
        on: u64,
    },
    Pass {
        which: Index,
        on: u64,
        holder: u128,
    },
    Allocate {
        on: u64,
        to: i64,
        company: usize,
    },
    Move {
        on: u64,
        company: usize,
    },
    Transfer {
        on: u64,
        quantity: Option<i64>,
        company: usize,
    },
    Archive,
    Restore,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let on = || 0..CALENDAR_DAYS;
    let seats = || 0..30i64;
    let maybe = || proptest::option::weighted(0.8, 0..30i64);
    let company = || 0..COMPANIES;
    let of = || proptest::option::of(0..COMPANIES);
    let which = any::<Index>;
    let holder = || 1..5u128;
    let span = || proptest::option::of(0..30u64);
    let rarely = || proptest::bool::weighted(0.25);
    prop_oneof![
        3 => (on(), maybe(), rarely()).prop_map(|(on, to, correction)| Step::Total { on, to, correction }),
        1 => (on(), maybe(), rarely()).prop_map(|(on, to, correction)| Step::Typed { on, to, correction }),
        3 => (on(), maybe(), any::<bool>(), of(), rarely())
            .prop_map(|(on, to, synced, of, correction)| Step::Count { on, to, synced, of, correction }),
        1 => (on(), prop::sample::select(&["typed", "named", "synced"][..]))
            .prop_map(|(on, word)| Step::Source { on, word }),
        4 => (on(), span(), 1..20i64).prop_map(|(from, days, quantity)| Step::Buy { from, days, quantity }),
        2 => (which(), on()).prop_map(|(which, on)| Step::End { which, on }),
        3 => (which(), on(), 0..15i64).prop_map(|(which, on, to)| Step::Reduce { which, on, to }),
        2 => proptest::option::weighted(0.9, on()).prop_map(|to| Step::Expiry { to }),
        2 => (on(), proptest::option::of(seats())).prop_map(|(to, quantity)| Step::Renew { to, quantity }),
        3 => (on(), span(), 1..4i64, holder(), of()).prop_map(|(from, days, quantity, holder, of)| {
            Step::Assign { from, days, quantity, holder, of }
        }),
        1 => (which(), on()).prop_map(|(which, on)| Step::Release { which, on }),
        1 => (which(), on(), holder()).prop_map(|(which, on, holder)| Step::Pass { which, on, holder }),
        3 => (on(), 0..20i64, company()).prop_map(|(on, to, company)| Step::Allocate { on, to, company }),
        1 => (on(), company()).prop_map(|(on, company)| Step::Move { on, company }),
        2 => (on(), proptest::option::weighted(0.7, 1..12i64), company())
            .prop_map(|(on, quantity, company)| Step::Transfer { on, quantity, company }),
        1 => Just(Step::Archive),
        1 => Just(Step::Restore),
    ]
}

/// The license and the companies that steps are about.
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) companies: Vec<CompanyId>,
    license_type: AssetTypeId,
}

/// A step's ids, so that a model can follow it.
pub(crate) struct Given {
    pub(crate) command: Command,
    /// The purchase, assignment or license that the step makes, or names.
    pub(crate) id: Uuid,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut ledger = Ledger::new();
        let companies = (0..COMPANIES)
            .map(|n| ledger.company(&format!("Company {n}")))
            .collect();
        let license_type = ledger.license_type();
        Self {
            ledger,
            companies,
            license_type,
        }
    }

    /// A license of the first company from the first day on.
    pub(crate) fn license(&mut self, values: Json) -> AssetId {
        let mut draft = Ledger::draft(self.license_type, self.companies[0], values);
        draft.effective_on = Some(nth(0).to_string());
        let id = AssetId(self.ledger.id());
        let command = Command::RegisterAsset { id, draft };
        self.ledger.when(command).expect("a license");
        id
    }

    /// The command of a step; none if there is nothing yet that it could be about.
    pub(crate) fn command(&mut self, id: AssetId, step: &Step) -> Option<Given> {
        let new = self.ledger.id();
        let text = |on: u64| Some(nth(on).to_string());
        let company = |of: usize| self.companies[of];
        let holder = |id| Holder {
            kind: HolderKind::User,
            id: HolderId(Uuid::from_u128(id)),
        };
        let seats = &self.ledger.asset(id).seats;
        let purchase = |which: &Index| {
            let all = &seats.purchases;
            (!all.is_empty()).then(|| which.get(all).id)
        };
        let assignment = |which: &Index| {
            let all: Vec<AssignmentId> = seats.assignments.keys().copied().collect();
            (!all.is_empty()).then(|| *which.get(&all))
        };
        let change = |values: Json, on: Option<u64>, correction| Command::ChangeAsset {
            id,
            patch: AssetPatch {
                values: entries(values),
                effective_on: on.and_then(text),
                correction,
                ..AssetPatch::default()
            },
        };
        let mut named = new;
        let command = match step {
            Step::Total { on, to, correction } => {
                change(json!({"total_seats": to}), Some(*on), *correction)
            }
            Step::Typed { on, to, correction } => {
                change(json!({"assigned_seats": to}), Some(*on), *correction)
            }
            Step::Count {
                on,
                to,
                synced,
                of,
                correction,
            } => Command::CountSeats {
                id,
                draft: CountDraft {
                    source: if *synced { "synced" } else { "typed" }.into(),
                    count: json!(to),
                    counted_for: of.map(company),
                    counted_on: text(*on),
                    correction: *correction,
                },
            },
            Step::Source { on, word } => Command::SetInUseSource {
                id,
                source: (*word).into(),
                effective_on: text(*on),
            },
            Step::Buy {
                from,
                days,
                quantity,
            } => Command::PurchaseSeats {
                id,
                purchase: PurchaseId(new),
                draft: PurchaseDraft {
                    quantity: json!(quantity),
                    from: text(*from),
                    until: days.and_then(|days| text(from + days)),
                    ..PurchaseDraft::default()
                },
            },
            Step::End { which, on } => {
                let purchase = purchase(which)?;
                named = purchase.0;
                Command::EndPurchase {
                    id,
                    purchase,
                    last_day: text(*on),
                    with_term: false,
                }
            }
            Step::Reduce { which, on, to } => {
                let purchase = purchase(which)?;
                named = purchase.0;
                let draft = ReductionDraft {
                    quantity: json!(to),
                    from: text(*on),
                };
                Command::ReducePurchase {
                    id,
                    purchase,
                    draft,
                }
            }
            Step::Expiry { to } => change(json!({"expiry_date": to.and_then(text)}), None, false),
            Step::Renew { to, quantity } => Command::RenewTerm {
                id,
                draft: RenewalDraft {
                    expiry_date: nth(*to).to_string(),
                    quantity: quantity.map(|quantity| json!(quantity)),
                    cost: None,
                },
            },
            Step::Assign {
                from,
                days,
                quantity,
                holder: who,
                of,
            } => Command::AssignSeats {
                id,
                drafts: vec![AssignmentDraft {
                    id: AssignmentId(new),
                    holder: holder(*who),
                    company: of.map(company),
                    quantity: json!(quantity),
                    from: text(*from),
                    until: days.and_then(|days| text(from + days)),
                    note: None,
                }],
            },
            Step::Release { which, on } => {
                let assignment = assignment(which)?;
                named = assignment.0;
                Command::ReleaseSeats {
                    id,
                    assignments: vec![assignment],
                    last_day: text(*on),
                }
            }
            Step::Pass {
                which,
                on,
                holder: who,
            } => {
                let assignment = assignment(which)?;
                named = assignment.0;
                let new = AssignmentId(new);
                Command::PassSeat {
                    id,
                    assignment,
                    new,
                    to: holder(*who),
                    from: text(*on),
                }
            }
            Step::Allocate {
                on,
                to,
                company: of,
            } => Command::AllocateSeats {
                id,
                draft: AllocationDraft {
                    company: company(*of),
                    seats: json!(to),
                    effective_on: text(*on),
                },
            },
            Step::Move { on, company: to } => Command::MoveAsset {
                id,
                company: company(*to),
                effective_on: text(*on),
            },
            Step::Transfer {
                on,
                quantity,
                company: to,
            } => Command::TransferSeats {
                id,
                new: AssetId(new),
                draft: TransferDraft {
                    company: company(*to),
                    quantity: quantity.map(|quantity| json!(quantity)),
                    effective_on: text(*on),
                },
            },
            Step::Archive => Command::ArchiveAsset { id },
            Step::Restore => Command::RestoreAsset { id },
        };
        Some(Given { command, id: named })
    }
}
