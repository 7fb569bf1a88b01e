//! What only some licenses went through.

use domain::{
    Command,
    asset::{PurchaseDraft, RenewalDraft},
};
use serde_json::json;

use super::{Counts, Teller, Told};
use crate::demo::{
    certificates::day_in,
    holdings::{Lot, Tale, Term},
};

impl Teller<'_> {
    /// What only this license went through.
    pub(super) fn own_turn(&self, owned: &Counts) -> Vec<Told> {
        match self.holding.tale {
            Tale::Usual | Tale::Peak(_) => Vec::new(),
            Tale::Mistyped => self.mistyped(owned),
            Tale::Lots(lots) => self.purchases(lots),
            Tale::NextTerm(seats) => self.next_term(seats),
        }
    }

    fn mistyped(&self, owned: &Counts) -> Vec<Told> {
        let day = day_in(self.today, -52);
        let Some(&(_, seats)) = owned.iter().rev().find(|(since, _)| *since <= day) else {
            return Vec::new();
        };
        let wrong = json!({ "total_seats": seats * 10 });
        let right = json!({ "total_seats": seats });
        vec![
            self.change(day, wrong, false)
                .because("Seats from the invoice"),
            self.change(day, right, true).because("A zero too many"),
        ]
    }

    fn purchases(&self, lots: &'static [Lot]) -> Vec<Told> {
        let price = self.price(self.today);
        let bought = lots.iter().enumerate().flat_map(|(at, lot)| {
            let purchase = self.ids.purchase(&format!("{}/{at}", self.name));
            let from = day_in(self.today, -lot.from);
            let draft = PurchaseDraft {
                quantity: json!(lot.quantity),
                from: Some(from.to_string()),
                unit_price: Some(self.money(price * 100)),
                order: Some(format!("PO-{}-{}", from.format("%y%m"), at + 1)),
                supplier: Some("Northwind Distribution".to_owned()),
                ..PurchaseDraft::default()
            };
            let id = self.id;
            let buy = Command::PurchaseSeats {
                id,
                purchase,
                draft,
            };
            let ended = lot.until.map(|until| {
                let last_day = day_in(self.today, -until);
                let end = Command::EndPurchase {
                    id,
                    purchase,
                    last_day: Some(last_day.to_string()),
                    with_term: false,
                };
                self.told(last_day, end).because("Given back")
            });
            [Some(self.told(from, buy).because("Ordered")), ended]
        });
        bought.flatten().collect()
    }

    /// What is agreed for the time after the current term.
    fn next_term(&self, seats: i64) -> Vec<Told> {
        let Some((first, end)) = self.terms.next() else {
            return Vec::new();
        };
        if let Term::Fixed { .. } = self.holding.term {
            let draft = RenewalDraft {
                expiry_date: end.to_string(),
                quantity: Some(json!(seats)),
                cost: Some(self.money(self.price(first) * seats * 100)),
            };
            let renew = Command::RenewTerm { id: self.id, draft };
            return vec![self.told(first, renew).because("Signed early")];
        }
        let change = self.change(first, self.total(first, seats), false);
        vec![change.because("Agreed for the renewal")]
    }
}
