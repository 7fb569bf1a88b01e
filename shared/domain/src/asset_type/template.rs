use super::{FieldDraft, OptionDraft};
use crate::words::named;

/// A ready-made asset type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// Software licenses with the twelve usual fields.
    SoftwareLicense,
}

impl Template {
    /// All templates with their words in JSON.
    pub const ALL: [(Self, &'static str); 1] = [(Self::SoftwareLicense, "software-license")];

    /// The template that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }

    /// The name that the type gets unless another is given.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SoftwareLicense => "Software License",
        }
    }

    /// Its fields, as a person would define them.
    #[must_use]
    pub fn fields(self) -> Vec<FieldDraft> {
        let Self::SoftwareLicense = self;
        let labels = [
            "Per-user",
            "Per-device",
            "Site",
            "Concurrent",
            "Subscription",
        ];
        let license_type = FieldDraft {
            options: labels
                .map(|label| OptionDraft {
                    label: label.to_owned(),
                    ..Default::default()
                })
                .into(),
            ..FieldDraft::new("License Type", "select")
                .shown()
                .hint("How the seats are counted")
        };
        vec![
            FieldDraft::new("Product Name", "text")
                .required()
                .shown()
                .hint("Such as Microsoft 365 Business Premium"),
            FieldDraft::new("Vendor", "text").shown(),
            license_type,
            FieldDraft::new("License Key", "password")
                .hint("Encrypted with a key that never leaves the HSM"),
            FieldDraft::new("Total Seats", "number")
                .shown()
                .hint("Licensed seats or devices"),
            FieldDraft::new("Assigned Seats", "number")
                .shown()
                .hint("Seats in use"),
            FieldDraft::new("Purchase Date", "date"),
            FieldDraft::new("Expiry Date", "date")
                .shown()
                .hint("The last day on which the license is in force"),
            FieldDraft::new("Auto-Renew", "boolean").shown(),
            FieldDraft::new("Annual Cost", "number").shown(),
            FieldDraft::new("Vendor Portal URL", "url"),
            FieldDraft::new("Notes", "rich text"),
        ]
    }
}
