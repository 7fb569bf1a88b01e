//! Seats that other companies get: allocated, or transferred for good.

use crate::support::{Ledger, contoso, told};
use domain::{
    Answer, Command, Event, Refusal,
    asset::{
        AllocationDraft, AssignmentDraft, CountDraft, Holder, HolderKind, PurchaseDraft,
        TransferDraft,
    },
    ids::{AssetId, AssignmentId, CompanyId, HolderId, PurchaseId},
};
use serde_json::{Value as Json, json};

use crate::support::day;

struct World {
    ledger: Ledger,
    id: AssetId,
    owner: CompanyId,
    client: CompanyId,
}

fn world() -> World {
    let mut ledger = Ledger::new();
    let (license_type, owner) = (ledger.license_type(), ledger.company("Northwind IT"));
    let client = ledger.company("Contoso Dental");
    let id = ledger.register(license_type, owner, contoso());
    World {
        ledger,
        id,
        owner,
        client,
    }
}

impl World {
    fn allocate(&mut self, company: CompanyId, seats: i64, on: &str) -> Result<Answer, Refusal> {
        let command = self.allocation(company, json!(seats), on);
        self.ledger.when(command)
    }

    fn allocation(&self, company: CompanyId, seats: Json, on: &str) -> Command {
        let draft = AllocationDraft {
            company,
            seats,
            effective_on: Some(on.into()),
        };
        Command::AllocateSeats { id: self.id, draft }
    }

    fn transfer(&mut self, quantity: Option<i64>, on: &str) -> Command {
        let draft = TransferDraft {
            company: self.client,
            quantity: quantity.map(|quantity| json!(quantity)),
            effective_on: Some(on.into()),
        };
        Command::TransferSeats {
            id: self.id,
            new: AssetId(self.ledger.id()),
            draft,
        }
    }

    /// Transfers and gives the new license.
    fn transferred(&mut self, quantity: Option<i64>, on: &str) -> AssetId {
        let command = self.transfer(quantity, on);
        let Command::TransferSeats { new, .. } = command else {
            panic!("a transfer");
        };
        self.ledger.when(command).unwrap();
        new
    }

    /// Owned and in use.
    fn share(&self, company: CompanyId, on: &str) -> Option<(Option<i64>, Option<i64>)> {
        let share = self.ledger.license(self.id).share(company, day(on))?;
        Some((share.owned, share.in_use))
    }
}

#[test]
fn allocated_seats_are_the_clients_and_no_longer_the_owners() {
    let mut world = world();
    let (events, _) = {
        let command = world.allocation(world.client, json!(10), "2026-06-05");
        world.ledger.decide(command)
    };
    let company_id = world.client;
    assert_eq!(
        events,
        [Event::SeatsAllocated {
            company_id,
            from: 0,
            to: 10
        }]
    );
    assert_eq!(
        world.share(world.owner, "2026-06-04"),
        Some((Some(25), Some(27)))
    );
    assert_eq!(
        world.share(world.owner, "2026-06-05"),
        Some((Some(15), Some(27)))
    );
    assert_eq!(world.share(world.client, "2026-06-04"), None);
    assert_eq!(
        world.share(world.client, "2026-06-05"),
        Some((Some(10), None))
    );
    assert_eq!(
        world.share(world.client, "2026-07-17"),
        Some((Some(0), None)),
        "its term has ended"
    );
    let again = world.allocation(world.client, json!(10), "2026-06-06");
    assert_eq!(world.ledger.decide(again).0, [], "nothing to do");
}

#[test]
fn seats_promised_beyond_what_there_is_are_missing_at_the_owner() {
    let mut world = world();
    let warnings = world
        .allocate(world.client, 30, "2026-06-05")
        .unwrap()
        .warnings;
    assert_eq!(
        warnings,
        ["30 seats are allocated, but the license has 25 on 2026-06-05"]
    );
    assert_eq!(world.share(world.client, "2026-06-05").unwrap().0, Some(30));
    assert_eq!(world.share(world.owner, "2026-06-05").unwrap().0, Some(-5));
}

#[test]
fn an_allocation_that_is_not_fit_is_refused() {
    let mut world = world();
    let own = world.allocation(world.owner, json!("all"), "2026-06-05");
    told(
        &mut world.ledger,
        own,
        &[
            (
                "seats",
                "is \"all\": a whole number from 0 to 100000000 is expected",
            ),
            (
                "company_id",
                "owns the license itself: what is allocated to nobody else is its own",
            ),
        ],
    );
}

#[test]
fn the_use_of_allocated_seats_is_counted_for_who_has_them() {
    let mut world = world();
    world.allocate(world.client, 10, "2026-06-05").unwrap();
    let draft = CountDraft {
        source: "typed".into(),
        count: json!(12),
        counted_for: Some(world.client),
        counted_on: Some("2026-06-06".into()),
        ..CountDraft::default()
    };
    world
        .ledger
        .when(Command::CountSeats {
            id: world.id,
            draft,
        })
        .unwrap();
    assert_eq!(
        world.share(world.client, "2026-06-06"),
        Some((Some(10), Some(12)))
    );
    assert_eq!(world.share(world.owner, "2026-06-06").unwrap().1, Some(27));
    // Who still uses what was taken back is short of it.
    world.allocate(world.client, 0, "2026-06-08").unwrap();
    assert_eq!(
        world.share(world.client, "2026-06-08"),
        Some((Some(0), Some(12)))
    );
}

#[test]
fn who_gets_the_license_keeps_the_holders_of_its_seats() {
    let mut world = world();
    let (id, company) = (world.id, world.client);
    let named = Command::SetInUseSource {
        id,
        source: "named".into(),
        effective_on: None,
    };
    world.ledger.when(named).unwrap();
    world.allocate(company, 10, "2026-06-01").unwrap();
    for of in [None, Some(company)] {
        let new = world.ledger.id();
        let draft = AssignmentDraft {
            id: AssignmentId(new),
            holder: Holder {
                kind: HolderKind::User,
                id: HolderId(new),
            },
            company: of,
            quantity: json!(2),
            from: None,
            until: None,
            note: None,
        };
        world
            .ledger
            .when(Command::AssignSeats {
                id,
                drafts: vec![draft],
            })
            .unwrap();
    }
    let effective_on = Some("2026-06-10".to_owned());
    world
        .ledger
        .when(Command::MoveAsset {
            id,
            company,
            effective_on,
        })
        .unwrap();
    assert_eq!(
        world.share(company, "2026-06-09"),
        Some((Some(10), Some(2)))
    );
    assert_eq!(
        world.share(company, "2026-06-10"),
        Some((Some(25), Some(4)))
    );
}

#[test]
fn the_whole_license_goes_with_what_is_planned_for_it() {
    let mut world = world();
    world.ledger.patch_as(
        world.id,
        json!({"total_seats": 40}),
        Some("2026-07-01"),
        false,
    );
    world
        .ledger
        .patch(world.id, json!({"expiry_date": "2027-07-16"}));
    let purchase = PurchaseId(world.ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(5),
        from: Some("2026-08-01".into()),
        ..PurchaseDraft::default()
    };
    world
        .ledger
        .when(Command::PurchaseSeats {
            id: world.id,
            purchase,
            draft,
        })
        .unwrap();
    let new = world.transferred(None, "2026-06-10");
    assert!(world.ledger.asset(world.id).is_archived());
    for (on, owned) in [
        ("2026-06-10", 25),
        ("2026-07-01", 40),
        ("2026-08-01", 45),
        ("2027-07-17", 0),
    ] {
        assert_eq!(world.ledger.seats(new, on).0, Some(owned), "{on}");
        assert_eq!(world.share(world.owner, on), None, "{on}");
    }
    assert_eq!(world.share(world.owner, "2026-06-09").unwrap().0, Some(25));
    let position = world.ledger.position(new, "2026-06-10");
    let cost: Vec<String> = position
        .annual_cost
        .iter()
        .map(|money| money.amount.to_string())
        .collect();
    assert_eq!(
        (position.company, position.in_use, cost),
        (world.client, None, vec!["6600.00".to_owned()])
    );
}

#[test]
fn a_part_goes_with_its_share_of_the_cost() {
    let mut world = world();
    let new = world.transferred(Some(5), "2026-06-10");
    let cost = |world: &World, id: AssetId| -> Vec<String> {
        let cost = world.ledger.position(id, "2026-06-10").annual_cost;
        cost.iter()
            .map(|money| money.amount.normalize().to_string())
            .collect()
    };
    assert_eq!(world.ledger.seats(world.id, "2026-06-10").0, Some(20));
    assert_eq!(world.ledger.seats(new, "2026-06-10").0, Some(5));
    assert_eq!(cost(&world, world.id), ["5280"]);
    assert_eq!(cost(&world, new), ["1320"]);
    assert!(
        world
            .ledger
            .license(new)
            .days()
            .iter()
            .all(|days| days.from >= day("2026-06-10"))
    );
}

#[test]
fn a_part_of_a_purchase_that_is_reduced_later_is_not_had_twice() {
    let mut world = world();
    let purchase = PurchaseId(world.ledger.id());
    let draft = PurchaseDraft {
        quantity: json!(10),
        ..PurchaseDraft::default()
    };
    world.ledger.patch(world.id, json!({"total_seats": 0}));
    world
        .ledger
        .when(Command::PurchaseSeats {
            id: world.id,
            purchase,
            draft,
        })
        .unwrap();
    let draft = domain::asset::ReductionDraft {
        quantity: json!(8),
        from: Some("2026-06-20".into()),
    };
    world
        .ledger
        .when(Command::ReducePurchase {
            id: world.id,
            purchase,
            draft,
        })
        .unwrap();
    let new = world.transferred(Some(3), "2026-06-10");
    for (on, left) in [("2026-06-10", 7), ("2026-06-20", 5)] {
        assert_eq!(world.ledger.seats(world.id, on).0, Some(left), "{on}");
        assert_eq!(world.ledger.seats(new, on).0, Some(3), "{on}");
    }
}

#[test]
fn a_transfer_that_is_not_fit_is_refused() {
    let mut world = world();
    let more = world.transfer(Some(26), "2026-06-10");
    told(
        &mut world.ledger,
        more,
        &[("quantity", "is 26: the license has 25 seats on 2026-06-10")],
    );
    let early = world.transfer(None, "2026-05-01");
    let message = "2026-05-01 lies before 2026-06-01, from which day on the license is tracked";
    told(&mut world.ledger, early, &[("effective_on", message)]);
    world.allocate(world.client, 10, "2026-07-01").unwrap();
    let whole = world.transfer(None, "2026-06-10");
    let message = "seats of it are allocated to other companies: end the allocations first";
    told(&mut world.ledger, whole, &[("company_id", message)]);
    let given = world.transfer(Some(20), "2026-07-01");
    let message = "is 20: the license has 25 seats on 2026-07-01, of which 10 are allocated to other companies";
    told(&mut world.ledger, given, &[("quantity", message)]);
    let (id, company) = (world.id, world.client);
    world.allocate(company, 0, "2026-07-01").unwrap();
    world
        .ledger
        .when(Command::MoveAsset {
            id,
            company,
            effective_on: None,
        })
        .unwrap();
    let own = world.transfer(Some(5), "2026-06-10");
    told(
        &mut world.ledger,
        own,
        &[("company_id", "owns the license already")],
    );
}

#[test]
fn what_was_paid_once_is_not_paid_again_by_the_new_owner() {
    for (per, kept) in [("once", false), ("month", true), ("year", true)] {
        let mut world = world();
        let draft = PurchaseDraft {
            quantity: json!(10),
            from: Some("2026-01-01".into()),
            unit_price: Some(json!("120.00")),
            price_per: Some(per.into()),
            ..PurchaseDraft::default()
        };
        let purchase = PurchaseId(world.ledger.id());
        let id = world.id;
        let bought = Command::PurchaseSeats {
            id,
            purchase,
            draft,
        };
        world.ledger.when(bought).unwrap();
        let new = world.transferred(None, "2026-06-01");
        let received = &world.ledger.asset(new).seats.purchases;
        let priced = received
            .iter()
            .any(|purchase| purchase.unit_price.is_some());
        assert_eq!(priced, kept, "{per}: {received:?}");
    }
}
