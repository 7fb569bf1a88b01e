//! Events of the catalog, and of what is held of licenses.

use super::*;

/// What licenses are called in these histories, in any spelling.
pub(super) const NAMES: [&str; 4] = ["Office", "office ", "Acrobat", "Visio"];
pub(super) const SKUS: [&str; 3] = ["CFQ7TTC0", "cfq7ttc0", "65324"];

/// An event of the catalog. The first adds its first product.
pub(super) fn catalog(account: &mut Account, dice: &mut Dice, new: Uuid) -> Fact {
    let tenant = TenantId(account.tenant);
    let alias = match dice.below(2) {
        0 => Alias::Name((*dice.of(&NAMES)).to_owned()),
        _ => Alias::Sku((*dice.of(&SKUS)).to_owned()),
    };
    let facts = ProductFacts {
        vendor: (dice.below(2) == 0).then(|| "Maker".to_owned()),
        notice_days: (dice.below(2) == 0).then(|| u32::try_from(dice.below(90)).unwrap()),
        suite_of: (0..dice.below(3))
            .filter_map(|_| account.products.first())
            .map(|id| ProductId(*id))
            .collect(),
        ..ProductFacts::default()
    };
    let event = if account.products.is_empty() || dice.below(4) == 0 {
        account.products.push(new);
        Event::ProductsAdded {
            source: None,
            products: vec![Product {
                id: ProductId(new),
                name: format!("{} {}", dice.of(&NAMES), dice.below(3)),
                aliases: [alias].into(),
                facts,
                merged_into: None,
            }],
        }
    } else {
        let product_id = ProductId(*dice.of(&account.products));
        match dice.below(6) {
            0 => Event::ProductRenamed {
                product_id,
                from: "a".to_owned(),
                to: (*dice.of(&NAMES)).to_owned(),
            },
            1 | 2 => Event::AliasAdded { product_id, alias },
            3 => Event::AliasRemoved { product_id, alias },
            4 => Event::ProductFactsSet {
                product_id,
                from: ProductFacts::default(),
                to: facts,
            },
            // Into an older one, so that there is no circle.
            _ => {
                let at = account.products.iter().position(|id| *id == product_id.0);
                let into = at.and_then(|at| account.products.get(at.checked_sub(1)?));
                match into {
                    Some(into) => Event::ProductMerged {
                        product_id,
                        into: ProductId(*into),
                    },
                    None => Event::AliasAdded { product_id, alias },
                }
            }
        }
    };
    fact(tenant.catalog_stream(), dice.day(), event)
}

/// An event of what is held of a license.
pub(super) fn holding(account: &mut Account, dice: &mut Dice, new: Uuid) -> Fact {
    let asset = *dice.of(&account.assets);
    let company = CompanyId(*dice.of(&account.companies));
    let (from, to) = (dice.count(), dice.count());
    let until = (dice.below(2) == 0).then(|| dice.day());
    let assignment_id = (dice.below(2) == 0).then_some(AssignmentId(new));
    let secret_id = SecretId::of_field(AssetId(asset), &format!("keys {}", dice.below(3)));
    let (stream, event) = match dice.below(11) {
        0..=2 => {
            account.assignments.push((asset, new));
            let kind = *dice.of(&[HolderKind::User, HolderKind::Device, HolderKind::Other]);
            let assignments = vec![Assignment {
                id: AssignmentId(new),
                holder: Holder {
                    kind,
                    id: HolderId(id(&format!("holder {}", dice.below(5)))),
                },
                quantity: from,
                from: dice.day(),
                until,
                company: (dice.below(3) == 0).then_some(company),
                note: (dice.below(3) == 0).then(|| "second screen".to_owned()),
            }];
            let over_by = None;
            (
                asset,
                Event::SeatsAssigned {
                    assignments,
                    over_by,
                },
            )
        }
        3 if !account.assignments.is_empty() => {
            let (asset, assignment) = *dice.of(&account.assignments);
            let assignment_ids = vec![AssignmentId(assignment)];
            (asset, Event::SeatsReleased { assignment_ids })
        }
        4 if !account.purchases.is_empty() => {
            let (asset, purchase) = *dice.of(&account.purchases);
            let purchase_id = PurchaseId(purchase);
            let reduced = Event::PurchaseReduced {
                purchase_id,
                from,
                to,
            };
            (asset, reduced)
        }
        5 => {
            let to = *dice.of(&[InUseSource::Typed, InUseSource::Named, InUseSource::Synced]);
            let from = InUseSource::Typed;
            (asset, Event::InUseSourceChanged { from, to })
        }
        6 => {
            let counted = Event::SeatsInUseCounted {
                source: *dice.of(&[InUseSource::Typed, InUseSource::Synced]),
                counted_for: Some(company),
                from: Some(from),
                to: Some(to),
                correction: false,
            };
            (asset, counted)
        }
        7 => {
            let decision = (dice.below(3) > 0).then(|| {
                *dice.of(&[
                    RenewalDecision::Renew,
                    RenewalDecision::ChangeTo(to),
                    RenewalDecision::Lapse,
                ])
            });
            let decided = Event::RenewalDecided {
                term_end: day("2026-12-31") + Days::new(dice.below(3)),
                decision,
                owner: (dice.below(2) == 0).then_some(PersonId(Uuid::from_u128(7))),
                note: None,
            };
            (asset, decided)
        }
        8 if dice.below(2) == 0 => (asset, Event::KeyRemoved { secret_id }),
        8 => {
            let added = Event::KeyAdded {
                secret_id,
                secret_version: 1,
                label: Some(format!("key {}", dice.count())),
                assignment_id,
            };
            (asset, added)
        }
        9 => {
            let (to_asset, quantity) = (AssetId(*dice.of(&account.assets)), Some(to));
            let (to_company, from_asset) = (company, to_asset);
            let sent = Event::SeatsTransferred {
                to_asset,
                to_company,
                quantity,
            };
            let received = Event::SeatsReceived {
                from_asset,
                quantity,
            };
            (asset, if dice.below(2) == 0 { sent } else { received })
        }
        _ => {
            let company_id = company;
            let allocated = Event::SeatsAllocated {
                company_id,
                from,
                to: if dice.below(4) == 0 { 0 } else { to },
            };
            (asset, allocated)
        }
    };
    let company = (dice.below(2) == 0).then_some(company);
    Fact {
        company,
        ..fact(stream, dice.day(), event)
    }
}
