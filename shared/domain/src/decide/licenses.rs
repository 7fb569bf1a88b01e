//! Licenses: what is bought, counted, assigned and given to others.

use super::{Deciding, Effect, assets::with_adopted, over_use_warning};
use crate::{
    access::Action,
    asset::{self, Asset, Dated, SHEET_LINES_MAX, SheetLine, TransferDraft},
    asset_type::AssetType,
    command::{Command, Detail},
    event::{Event, Fact},
    ids::{AssetId, CompanyId},
    refusal::{Refusal, Violations},
    subject::Subject,
};

impl Deciding<'_> {
    pub(super) fn license_effect(&self) -> Result<Effect, Refusal> {
        let setting = &self.setting;
        match &self.order.command {
            Command::PurchaseSeats {
                id,
                purchase,
                draft,
            } => {
                let (license, asset_type) = self.changeable_license(*id)?;
                let events = asset::purchase(license, asset_type, *purchase, draft, setting)?;
                let effect = self.of_asset(license, with_adopted(license, asset_type, events));
                Ok(effect.with_detail(Detail::Purchase(*purchase)))
            }
            Command::EndPurchase {
                id,
                purchase,
                last_day,
                with_term,
            } => {
                let (license, asset_type) = self.changeable_license(*id)?;
                let end = (last_day.as_deref(), *with_term);
                let events = asset::end_purchase(license, asset_type, *purchase, end, setting)?;
                Ok(self.of_asset(license, events))
            }
            Command::ReducePurchase {
                id,
                purchase,
                draft,
            } => {
                let (license, _) = self.changeable_license(*id)?;
                let (events, warnings) = asset::reduce(license, *purchase, draft, setting)?;
                Ok(self.of_asset(license, events).with_warnings(warnings))
            }
            Command::CountSeats { id, draft } => {
                self.counted(*id, |license, _| asset::count(license, draft, setting))
            }
            Command::SetInUseSource {
                id,
                source,
                effective_on,
            } => self.counted(*id, |license, _| {
                asset::set_source(license, source, effective_on.as_deref(), setting)
            }),
            Command::AssignSeats { id, drafts } => {
                let effect =
                    self.counted(*id, |license, _| asset::assign(license, drafts, setting))?;
                let made = drafts.iter().map(|draft| draft.id).collect();
                Ok(effect.with_detail(Detail::Assignments(made)))
            }
            Command::ReleaseSeats {
                id,
                assignments,
                last_day,
            } => self.counted(*id, |license, _| {
                asset::release(license, assignments, last_day.as_deref(), setting)
            }),
            Command::PassSeat {
                id,
                assignment,
                new,
                to,
                from,
            } => {
                let effect = self.counted(*id, |license, asset_type| {
                    if !license.is_reassignable(asset_type) {
                        let why =
                            "the seats of this license can't be given to another: assign a new one";
                        return Err(Refusal::Conflict(why.to_owned()));
                    }
                    asset::pass(license, (*assignment, *new), *to, from.as_deref(), setting)
                })?;
                Ok(effect.with_detail(Detail::Assignments(vec![*new])))
            }
            Command::AllocateSeats { id, draft } => {
                let (license, _) = self.changeable_license(*id)?;
                self.live_company(draft.company)?;
                let (events, warnings) = asset::allocate(license, draft, setting)?;
                Ok(self.of_asset(license, events).with_warnings(warnings))
            }
            Command::TransferSeats { id, new, draft } => self.transfer(*id, *new, draft),
            Command::DecideRenewal { id, draft } => {
                let (known, asset_type) = self.changeable_asset(*id)?;
                let events = asset::decide_renewal(known, asset_type, draft, setting)?;
                Ok(self.of_asset(known, events))
            }
            Command::CountSheet {
                company,
                lines,
                effective_on,
            } => self.sheet(*company, lines, effective_on.as_deref()),
            _ => Err(Refusal::NotFound("command")),
        }
    }

    /// A change of what is in use, under the rule that the type has for over-use.
    fn counted(
        &self,
        id: AssetId,
        events: impl FnOnce(&Asset, &AssetType) -> Result<Vec<Dated>, Refusal>,
    ) -> Result<Effect, Refusal> {
        let (license, asset_type) = self.changeable_license(id)?;
        let seen = license.seen_through(asset_type);
        let mut events = events(&seen, asset_type)?;
        let over_use = asset::over_use(Some(&seen), &events, &seen, asset_type)?;
        for (_, event) in &mut events {
            if let Event::SeatsAssigned { over_by, .. } = event {
                *over_by = over_use;
            }
        }
        let unheard = asset::unheard(&seen, &events);
        let effect = self.of_asset(license, with_adopted(license, asset_type, events));
        Ok(effect.with_unheard(unheard).with_over_use(over_use))
    }

    fn transfer(
        &self,
        id: AssetId,
        new: AssetId,
        draft: &TransferDraft,
    ) -> Result<Effect, Refusal> {
        let (license, asset_type) = self.changeable_license(id)?;
        self.live_company(draft.company)?;
        self.is_new(new.0, "asset")?;
        let seen = license.seen_through(asset_type);
        let transfer = asset::transfer(&seen, asset_type, new, draft, &self.setting)?;
        let mut effect = self.of_asset(license, with_adopted(license, asset_type, transfer.given));
        let received = transfer
            .received
            .into_iter()
            .map(|(effective_on, event)| Fact {
                stream: new.0,
                company: Some(draft.company),
                effective_on,
                event,
            });
        effect.facts.extend(received);
        Ok(effect.with_detail(Detail::Transferred(new)))
    }

    /// The counts of a company's licenses: all lines or none, with all that is wrong at once.
    fn sheet(
        &self,
        company: CompanyId,
        lines: &[SheetLine],
        effective_on: Option<&str>,
    ) -> Result<Effect, Refusal> {
        self.live_company(company)?;
        self.version_matches(company.0)?;
        let mut found = Violations::default();
        if lines.is_empty() || lines.len() > SHEET_LINES_MAX {
            let message = format!(
                "there are {}: 1 to {SHEET_LINES_MAX} are expected",
                lines.len()
            );
            found.add("lines", message);
            found.check()?;
            return Ok(self.today(company.0, Some(company), []));
        }
        let day = asset::sheet_day(effective_on, &self.setting, &mut found);
        let mut effect = self.today(company.0, Some(company), []);
        let mut changed = 0;
        let mut seen_before = std::collections::BTreeSet::new();
        for (at, line) in lines.iter().enumerate() {
            let path = format!("lines[{at}]");
            if !seen_before.insert(line.asset) {
                found.add(format!("{path}.asset_id"), "stands in the sheet twice");
                continue;
            }
            let Some((license, asset_type)) = self.line_license(company, line, &path, &mut found)
            else {
                continue;
            };
            let seen = license.seen_through(asset_type);
            let events = asset::sheet_line(&seen, line, &path, day, &mut found);
            match asset::over_use(Some(&seen), &events, &seen, asset_type) {
                Ok(None) => {}
                Ok(Some(over_by)) => {
                    let warning = format!("{path}: {}", over_use_warning(over_by));
                    effect.answer.warnings.push(warning);
                }
                Err(refusal) => found.add(format!("{path}.in_use"), refusal.to_string()),
            }
            if let Some(unheard) = asset::unheard(&seen, &events) {
                effect.answer.warnings.push(format!("{path}: {unheard}"));
            }
            changed += usize::from(!events.is_empty());
            let events = with_adopted(license, asset_type, events);
            effect.facts.extend(self.of_asset(license, events).facts);
        }
        found.check()?;
        let unchanged = lines.len() - changed;
        Ok(effect.with_detail(Detail::Sheet { changed, unchanged }))
    }

    fn line_license(
        &self,
        company: CompanyId,
        line: &SheetLine,
        path: &str,
        found: &mut Violations,
    ) -> Option<(&Asset, &AssetType)> {
        let field = format!("{path}.asset_id");
        let unknown = format!("the company has no license {}", line.asset);
        let Ok(license) = self.asset(line.asset, Action::Write) else {
            found.add(field, unknown);
            return None;
        };
        let Some(Subject::AssetType(asset_type)) = self.facts.subject(license.type_id.0) else {
            found.add(field, unknown);
            return None;
        };
        if license.company_on(self.setting.today) != company || !asset_type.is_license() {
            found.add(field, unknown);
            return None;
        }
        if license.is_archived() {
            found.add(field, "is archived: restore it first");
            return None;
        }
        let current = self.facts.version(line.asset.0);
        if line.version.is_some_and(|version| version != current) {
            let message = format!("was changed meanwhile: the current version is {current}");
            found.add(format!("{path}.version"), message);
            return None;
        }
        Some((license, asset_type))
    }
}
