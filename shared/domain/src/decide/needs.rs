//! What must be read before a command can be decided.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    alert::{About, Cause, REVIEWED_LICENSES_MAX, TICKET_ALERTS_MAX},
    asset::{AssetDraft, KEYS_AT_ONCE_MAX, SHEET_LINES_MAX},
    asset_type::{FIELDS_MAX, FieldKind, Template},
    command::{
        ClaimKey, Command, CompanyDraft, EQUAL_AMONG_MAX, Facts, Needs, Order, PolicyOf, Review,
        SecretsOf,
    },
    company::{EXTERNAL_IDS_MAX, ExternalId},
    ids::{AlertId, AssetId, AssetTypeId, CompanyId, SecretId, TenantId},
    refusal::Violations,
    subject::Subject,
    tenant::TOKEN_COMPANIES_MAX,
    value::SecretInput,
};

/// What must be read, as far as can be told from what has been read: to be asked again until nothing new is
/// named. An asset names its type, an external id its owner.
#[must_use]
pub fn needs(tenant: TenantId, order: &Order, facts: &dyn Facts) -> Needs {
    let mut needs = Needs::default();
    needs.streams.extend([tenant.0, tenant.policy_stream()]);
    if !order.principal.token.0.is_nil() {
        needs.streams.push(order.principal.token.0);
    }
    Needing {
        tenant,
        facts,
        needs: &mut needs,
    }
    .command(&order.command);
    needs
}

struct Needing<'a> {
    tenant: TenantId,
    facts: &'a dyn Facts,
    needs: &'a mut Needs,
}

impl Needing<'_> {
    fn command(&mut self, command: &Command) {
        match command {
            Command::CreateTenant { .. }
            | Command::InvitePerson { .. }
            | Command::SetPolicy { .. } => {}
            Command::IssueToken { id, companies, .. } => {
                self.stream(id.0);
                for company in companies.iter().flatten().take(TOKEN_COMPANIES_MAX) {
                    self.stream(company.0);
                }
            }
            Command::RevokeToken { id } => self.stream(id.0),
            Command::DefineAssetType {
                id, name, template, ..
            } => {
                self.stream(id.0);
                self.asset_type_name(name.as_deref(), template.as_deref());
            }
            Command::ChangeAssetType { id, name, .. } => {
                self.stream(id.0);
                if let Some(name) = name {
                    self.claim(ClaimKey::asset_type_name(name));
                }
            }
            Command::AddField { id, .. }
            | Command::ChangeField { id, .. }
            | Command::RetireField { id, .. }
            | Command::ArchiveAssetType { id } => self.stream(id.0),
            Command::AddCompany { id, draft } => self.company_draft(*id, draft),
            Command::PutCompany {
                id,
                system,
                external_id,
                draft,
            } => {
                let company = self.external_company(*id, system, external_id);
                self.company_draft(company, draft);
            }
            Command::ChangeCompany { id, patch } => {
                self.company(*id, patch.name.as_deref(), &patch.external_ids);
            }
            Command::ArchiveCompany { id } | Command::RestoreCompany { id } => self.stream(id.0),
            Command::RegisterAsset { id, draft } => {
                self.stream(id.0);
                self.stream(draft.type_id.0);
                self.asset_draft(draft);
            }
            Command::PutAsset {
                id,
                system,
                external_id,
                draft,
            } => {
                self.external_asset(id.0, system, external_id, draft.type_id);
                self.asset_draft(draft);
            }
            Command::ChangeAsset { id, patch } => {
                self.asset(id.0);
                self.secrets(&patch.secrets);
            }
            Command::SetTag { id, .. }
            | Command::ArchiveAsset { id }
            | Command::RestoreAsset { id }
            | Command::PurchaseSeats { id, .. }
            | Command::EndPurchase { id, .. }
            | Command::ReducePurchase { id, .. }
            | Command::CountSeats { id, .. }
            | Command::SetInUseSource { id, .. }
            | Command::AssignSeats { id, .. }
            | Command::ReleaseSeats { id, .. }
            | Command::PassSeat { id, .. }
            | Command::DecideRenewal { id, .. }
            | Command::RenewTerm { id, .. } => self.asset(id.0),
            Command::CountSheet { company, lines, .. } => {
                self.stream(company.0);
                for line in lines.iter().take(SHEET_LINES_MAX) {
                    self.asset(line.asset.0);
                }
            }
            Command::AllocateSeats { id, draft } => {
                self.asset(id.0);
                self.stream(draft.company.0);
            }
            Command::TransferSeats { id, new, draft } => {
                self.asset(id.0);
                self.stream(new.0);
                self.stream(draft.company.0);
            }
            Command::RevealSecret { id, of } | Command::DestroySecret { id, of } => {
                self.asset(id.0);
                self.stream(of.secret_of(*id).0);
            }
            Command::AddKeys { id, keys } => {
                self.asset(id.0);
                for key in keys.iter().take(KEYS_AT_ONCE_MAX) {
                    self.stream(key.secret.secret_id.0);
                }
            }
            Command::AddProduct { .. }
            | Command::ChangeProduct { .. }
            | Command::MergeProduct { .. }
            | Command::AdoptStartingSet => self.stream(self.tenant.catalog_stream()),
            Command::MoveAsset { id, company, .. } => {
                self.asset(id.0);
                self.stream(company.0);
            }
            Command::WriteDocument { id, company, .. } => {
                self.stream(id.0);
                self.stream(company.0);
            }
            Command::ReviseDocument { id, .. } | Command::ArchiveDocument { id } => {
                self.stream(id.0);
            }
            Command::ReviewAlerts { of, .. } => self.review(of),
            Command::TellTicket { alerts, .. } => {
                for alert in alerts.iter().take(TICKET_ALERTS_MAX) {
                    self.stream(alert.0);
                }
            }
            Command::RaiseByHand {
                id,
                asset,
                integration,
                ..
            } => {
                self.stream(id.0);
                self.asset(asset.0);
                if let Some(integration) = integration {
                    self.stream(integration.0);
                }
            }
            Command::AcknowledgeAlert { id }
            | Command::SnoozeAlert { id, .. }
            | Command::ClearAlert { id } => self.stream(id.0),
            Command::SetAlertPolicy { of, .. } => match of {
                PolicyOf::Company(id) => self.stream(id.0),
                PolicyOf::AssetType(id) => self.stream(id.0),
                PolicyOf::Asset(id) => self.asset(id.0),
            },
            Command::AddIntegration { id, .. }
            | Command::ChangeIntegration { id, .. }
            | Command::StoreIntegrationSecret { id, .. }
            | Command::SetIntegrationMode { id, .. }
            | Command::RemoveIntegration { id }
            | Command::ReplayIntegration { id, .. } => self.stream(id.0),
            Command::OpenFeed { id, companies, .. } => {
                self.stream(id.0);
                for company in companies.iter().flatten().take(TOKEN_COMPANIES_MAX) {
                    self.stream(company.0);
                }
            }
            Command::CloseFeed { id } => {
                self.stream(id.0);
                if let Some(Subject::Feed(feed)) = self.facts.subject(id.0) {
                    for company in feed.companies.iter().flatten().take(TOKEN_COMPANIES_MAX) {
                        self.stream(company.0);
                    }
                }
            }
            Command::FindSecrets { of } => self.find_secrets(of),
            Command::FindEqual { among } | Command::RevealEqual { among } => {
                for (asset, secret) in among.iter().take(EQUAL_AMONG_MAX) {
                    self.stream(asset.0);
                    self.stream(secret.secret_id.0);
                }
            }
        }
    }

    fn find_secrets(&mut self, of: &SecretsOf) {
        match of {
            SecretsOf::NewAsset { id, asset_type } => {
                self.stream(id.0);
                self.stream(asset_type.0);
                self.secrets_of(*id, *asset_type);
            }
            SecretsOf::Asset { id } => {
                self.asset(id.0);
                if let Some(Subject::Asset(asset)) = self.facts.subject(id.0) {
                    self.secrets_of(*id, asset.type_id);
                }
            }
            SecretsOf::ExternalAsset {
                id,
                asset_type,
                system,
                external_id,
            } => {
                let asset = self.external_asset(id.0, system, external_id, *asset_type);
                self.secrets_of(AssetId(asset), *asset_type);
            }
        }
    }

    /// What a review rests on, and the alerts that it may change.
    fn review(&mut self, of: &Review) {
        match of {
            Review::Pool { key, licenses } => {
                self.stream(self.tenant.catalog_stream());
                self.stream(key.company.0);
                self.alerts(&Cause::OF_POOL, &About::Pool(key.clone()));
                for id in licenses.iter().take(REVIEWED_LICENSES_MAX) {
                    self.asset(id.0);
                    self.alerts(&Cause::OF_ASSET, &About::Asset(*id));
                }
            }
            Review::Asset(id) => {
                self.stream(self.tenant.catalog_stream());
                self.asset(id.0);
                if let Some(Subject::Asset(asset)) = self.facts.subject(id.0) {
                    for (_, company) in asset.company.iter() {
                        self.stream(company.0);
                    }
                }
                self.alerts(&Cause::OF_ASSET, &About::Asset(*id));
            }
            Review::Token(id) => {
                self.stream(id.0);
                self.alerts(&Cause::OF_TOKEN, &About::Token(*id));
            }
        }
    }

    fn alerts(&mut self, causes: &[Cause], about: &About) {
        for cause in causes {
            self.stream(AlertId::of(self.tenant, *cause, about).0);
        }
    }

    /// The secret of each password field of an asset.
    fn secrets_of(&mut self, asset: AssetId, asset_type: AssetTypeId) {
        if let Some(Subject::AssetType(asset_type)) = self.facts.subject(asset_type.0) {
            for field in asset_type
                .live_fields()
                .filter(|field| field.kind == FieldKind::Password)
            {
                self.stream(SecretId::of_field(asset, field.key.as_str()).0);
            }
        }
    }

    fn stream(&mut self, stream: Uuid) {
        self.needs.streams.push(stream);
    }

    fn claim(&mut self, key: ClaimKey) -> Option<Uuid> {
        let owner = self.facts.claim(&key).flatten();
        self.needs.claims.push(key);
        owner
    }

    /// The name that a new type is to have: its own, or its template's.
    fn asset_type_name(&mut self, name: Option<&str>, template: Option<&str>) {
        let template = template.and_then(Template::parse);
        if let Some(name) = name.or(template.map(Template::name)) {
            self.claim(ClaimKey::asset_type_name(name));
        }
    }

    /// An asset, and its type once the asset is known.
    fn asset(&mut self, asset: Uuid) {
        self.stream(asset);
        if let Some(Subject::Asset(asset)) = self.facts.subject(asset) {
            self.stream(asset.type_id.0);
        }
    }

    /// What any draft of an asset names, new or not.
    fn asset_draft(&mut self, draft: &AssetDraft) {
        self.stream(draft.company_id.0);
        self.asset_external_ids(&draft.external_ids);
        self.secrets(&draft.secrets);
    }

    fn secrets(&mut self, given: &BTreeMap<String, SecretInput>) {
        for input in given.values().take(FIELDS_MAX) {
            if let SecretInput::Sealed(secret) = input {
                self.stream(secret.secret_id.0);
            }
        }
    }

    fn external_asset(
        &mut self,
        new: Uuid,
        system: &str,
        external_id: &str,
        asset_type: AssetTypeId,
    ) -> Uuid {
        let key = external_id_of(system, external_id).map(|id| ClaimKey::asset_external_id(&id));
        let owner = key.and_then(|key| self.claim(key));
        let asset = owner.unwrap_or(new);
        self.asset(asset);
        self.stream(asset_type.0);
        asset
    }

    fn external_company(&mut self, new: CompanyId, system: &str, external_id: &str) -> CompanyId {
        let key = external_id_of(system, external_id).map(|id| ClaimKey::company_external_id(&id));
        let owner = key.and_then(|key| self.claim(key));
        owner.map_or(new, CompanyId)
    }

    fn company_draft(&mut self, id: CompanyId, draft: &CompanyDraft) {
        self.company(id, Some(&draft.name), &draft.external_ids);
    }

    /// A company, with what it is to be called here and elsewhere.
    fn company(&mut self, id: CompanyId, name: Option<&str>, external_ids: &[(String, String)]) {
        self.stream(id.0);
        if let Some(name) = name {
            self.claim(ClaimKey::company_name(name));
        }
        for id in external_ids_of(external_ids) {
            self.claim(ClaimKey::company_external_id(&id));
        }
    }

    fn asset_external_ids(&mut self, given: &[(String, String)]) {
        for id in external_ids_of(given) {
            self.claim(ClaimKey::asset_external_id(&id));
        }
    }
}

/// As many external ids as may be given: more are refused without being read.
fn external_ids_of(given: &[(String, String)]) -> impl Iterator<Item = ExternalId> + '_ {
    let given = given.iter().take(EXTERNAL_IDS_MAX);
    given.filter_map(|(system, id)| external_id_of(system, id))
}

/// An external id, if it is one: what is wrong with it is told when the command is decided.
pub(super) fn external_id_of(system: &str, id: &str) -> Option<ExternalId> {
    ExternalId::parse("external_id", system, id, &mut Violations::default())
}
