//! What ConnectWise answers, as far as it is read.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) id: u64,
    #[serde(rename = "externalXRef")]
    pub(super) external_x_ref: Option<String>,
    pub(super) status: Named,
    #[serde(default)]
    pub(super) closed_flag: bool,
    pub(super) merged_parent_ticket: Option<Reference>,
    #[serde(rename = "_info", default)]
    pub(super) info: Info,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    pub(super) entered_by: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) id: u64,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: u64,
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) name: String,
    #[serde(default)]
    pub(super) closed_status: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowNote {
    pub(super) id: u64,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) detail_description_flag: bool,
    pub(super) created_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimeEntry {
    pub(super) charge_to_id: Option<u64>,
}
