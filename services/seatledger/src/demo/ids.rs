use domain::ids::{
    AssetId, AssetTypeId, AssignmentId, CompanyId, DocumentId, ProductId, PurchaseId, SecretId,
    TenantId,
};
use uuid::Uuid;

/// The ids of the demo's things: of a tenant and a name, so that no two tenants' demos share a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids(Uuid);

impl Ids {
    pub(super) fn of(tenant: TenantId) -> Self {
        Self(Uuid::new_v5(&tenant.0, b"demo"))
    }

    fn named(&self, kind: &str, name: &str) -> Uuid {
        Uuid::new_v5(&self.0, format!("{kind}\n{name}").as_bytes())
    }

    pub(super) fn asset_type(&self, name: &str) -> AssetTypeId {
        AssetTypeId(self.named("asset type", name))
    }

    pub(super) fn company(&self, name: &str) -> CompanyId {
        CompanyId(self.named("company", name))
    }

    pub(super) fn asset(&self, name: &str) -> AssetId {
        AssetId(self.named("asset", name))
    }

    pub(super) fn purchase(&self, name: &str) -> PurchaseId {
        PurchaseId(self.named("purchase", name))
    }

    pub(super) fn assignment(&self, name: &str) -> AssignmentId {
        AssignmentId(self.named("assignment", name))
    }

    pub(super) fn product(&self, name: &str) -> ProductId {
        ProductId(self.named("product", name))
    }

    pub(super) fn secret(&self, name: &str) -> SecretId {
        SecretId(self.named("secret", name))
    }

    pub(super) fn document(&self, name: &str) -> DocumentId {
        DocumentId(self.named("document", name))
    }
}
