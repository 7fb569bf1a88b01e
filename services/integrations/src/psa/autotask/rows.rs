//! What Autotask answers, as far as it is read.

use serde::Deserialize;

/// The type of the note that says into which ticket this one was merged.
pub(super) const MERGED_INTO: u64 = 93;
/// The types of notes that Autotask itself writes: by workflow rules, merges and monitoring.
const BY_THE_SYSTEM: [u64; 5] = [13, 91, MERGED_INTO, 94, 99];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) ticket_number: Option<String>,
    #[serde(rename = "externalID")]
    pub(super) external_id: Option<String>,
    pub(super) status: u64,
    #[serde(rename = "creatorResourceID")]
    pub(super) creator_resource_id: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct One {
    pub(super) item: Option<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) item_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) page_details: PageDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageDetails {
    pub(super) next_page_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowNote {
    pub(super) id: u64,
    #[serde(rename = "ticketID")]
    pub(super) ticket_id: u64,
    pub(super) note_type: Option<u64>,
    title: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "creatorResourceID")]
    pub(super) creator_resource_id: Option<i64>,
}

impl RowNote {
    pub(super) fn by_the_system(&self) -> bool {
        self.note_type
            .is_some_and(|kind| BY_THE_SYSTEM.contains(&kind))
    }

    /// The first ticket number in it, such as `T20260407.0037`.
    pub(super) fn ticket_number(&self) -> Option<&str> {
        let texts = [self.title.as_deref(), self.description.as_deref()];
        let mut words = texts.into_iter().flatten().flat_map(|text| {
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .map(|word| word.trim_matches('.'))
        });
        words.find(|word| {
            let digits = word.strip_prefix('T').and_then(|word| word.split_once('.'));
            digits.is_some_and(|(day, count)| {
                day.len() == 8
                    && [day, count]
                        .iter()
                        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            })
        })
    }
}

#[derive(Deserialize)]
pub(super) struct TimeEntry {
    #[serde(rename = "ticketID")]
    pub(super) ticket_id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Threshold {
    external_request_threshold: u64,
    current_timeframe_request_count: u64,
}

impl Threshold {
    pub(super) fn used_percent(&self) -> u64 {
        let used = self.current_timeframe_request_count.saturating_mul(100);
        used.checked_div(self.external_request_threshold)
            .unwrap_or_default()
    }
}

/// The fields of tickets, with the values that they may have.
#[derive(Deserialize)]
pub(super) struct Fields {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    picklist_values: Option<Vec<PicklistValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PicklistValue {
    /// A number as text.
    value: String,
    label: String,
    is_active: bool,
}

impl Fields {
    /// What people call an active value.
    pub(super) fn label(&self, field: &str, id: u64) -> Option<&str> {
        let id = id.to_string();
        let field = self.fields.iter().find(|known| known.name == field)?;
        let values = field.picklist_values.as_ref()?;
        let found = values
            .iter()
            .find(|known| known.is_active && known.value == id)?;
        Some(&found.label)
    }
}
