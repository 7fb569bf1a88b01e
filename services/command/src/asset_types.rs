//! `/v1/asset-types`.

use domain::{
    Command,
    asset_type::{FieldDraft, FieldPatch, OptionDraft},
    ids::AssetTypeId,
};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, sent},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(define_asset_type))
        .routes(routes!(change_asset_type, archive_asset_type))
        .routes(routes!(add_field))
        .routes(routes!(change_field, retire_field))
}

/// An asset type, as it is defined: by its fields, or from a template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAssetType {
    /// Unique among the types; a template brings one.
    #[schema(example = "Software License", max_length = 200)]
    name: Option<String>,
    /// `software-license`.
    template: Option<String>,
    /// Its fields, in the order in which they are shown.
    #[serde(default)]
    fields: Vec<NewField>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A field, as it is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewField {
    /// Its name for people; the key is its snake case.
    #[schema(example = "Total Seats", max_length = 200)]
    name: String,
    /// `text`, `textarea`, `rich_text`, `number`, `date`, `boolean`, `select`, `multiselect`, `password` or `url`.
    #[schema(example = "number")]
    kind: String,
    /// What it means, whatever it is called. Left out, it is told from name and kind; null opts out.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, example = "total_seats")]
    role: Option<Option<String>>,
    /// Whether an asset must have a value.
    #[serde(default)]
    required: bool,
    /// What may be chosen, of a select or multiselect.
    #[serde(default)]
    options: Vec<NewOption>,
    /// Shown after a number.
    unit: Option<String>,
    /// How many decimals a number may have.
    decimals: Option<u8>,
    /// A line of help for who fills it in.
    hint: Option<String>,
    /// The value of a new asset that names none.
    default: Option<Json>,
    /// Whether lists show it as a column.
    #[serde(default)]
    shown_in_list: bool,
}

/// One choice: its label, or its label with what it means.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "an option is a label, or {label, metric?, agreement?}"
)]
enum NewOption {
    Label(String),
    Meaning(OptionMeaning),
}

/// A choice with what it means.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OptionMeaning {
    /// What people see, and the value that is kept.
    #[schema(example = "Subscription")]
    label: String,
    /// Of a license type: `per_user`, `per_device`, `per_core`, `concurrent`, `site` or `usage`.
    metric: Option<String>,
    /// Of a license type or agreement: `perpetual`, `subscription`, `trial`, `oem`, `not_for_resale` or `free`.
    agreement: Option<String>,
}

/// What changes of an asset type. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedAssetType {
    /// Its new name, unique among the types.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// What happens when a person takes more seats of its licenses than are owned, by typing a count or assigning
    /// them: `allow` records it, `warn` answers it as a warning too, `block` refuses it. A count that was synced
    /// is a fact, and always recorded.
    #[schema(example = "warn")]
    over_use: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What changes of a field. What is not named stays; key and kind never change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedField {
    /// Its new name for people.
    name: Option<String>,
    /// Its new role; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
    /// Whether an asset must have a value.
    required: Option<bool>,
    /// What may be chosen.
    options: Option<Vec<NewOption>>,
    /// Its new line of help; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    hint: Option<Option<String>>,
    /// Its new default; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    default: Option<Json>,
    /// Whether lists show it as a column.
    shown_in_list: Option<bool>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// The field that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct FieldPath {
    /// The asset type.
    id: Uuid,
    /// The field.
    key: String,
}

impl NewField {
    fn draft(self) -> FieldDraft {
        FieldDraft {
            name: self.name,
            kind: self.kind,
            role: self.role,
            required: self.required,
            options: self.options.into_iter().map(NewOption::draft).collect(),
            unit: self.unit,
            decimals: self.decimals,
            hint: self.hint,
            default: self.default,
            shown_in_list: self.shown_in_list,
        }
    }
}

impl NewOption {
    fn draft(self) -> OptionDraft {
        match self {
            Self::Label(label) => OptionDraft {
                label,
                metric: None,
                agreement: None,
            },
            Self::Meaning(OptionMeaning {
                label,
                metric,
                agreement,
            }) => OptionDraft {
                label,
                metric,
                agreement,
            },
        }
    }
}

/// Define an asset type, by its fields or from a template. The answer says which keys and roles the fields got.
#[utoipa::path(
    post,
    path = "/v1/asset-types",
    tag = "Asset types",
    params(WriteHeaders),
    request_body = NewAssetType,
    responses((status = 201, description = "Defined.", body = Answer), Problems),
    security(("token" = []))
)]
async fn define_asset_type(call: Call, body: RawJson<NewAssetType>) -> Result<Done, Problem> {
    let NewAssetType {
        name,
        template,
        fields,
        reason,
    } = body.value;
    let id = AssetTypeId(call.state.new_id());
    let fields = fields.into_iter().map(NewField::draft).collect();
    call.submit(
        &body.bytes,
        reason,
        Command::DefineAssetType {
            id,
            name,
            template,
            fields,
        },
    )
    .await
}

/// Change an asset type's name, or its rule for over-use.
#[utoipa::path(
    patch,
    path = "/v1/asset-types/{id}",
    tag = "Asset types",
    params(ById, WriteHeaders),
    request_body = ChangedAssetType,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_asset_type(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<ChangedAssetType>,
) -> Result<Done, Problem> {
    let ChangedAssetType {
        name,
        over_use,
        reason,
    } = body.value;
    call.submit(
        &body.bytes,
        reason,
        Command::ChangeAssetType {
            id: AssetTypeId(id),
            name,
            over_use,
        },
    )
    .await
}

/// Take an asset type out of use. Its assets stay; no new ones are made.
#[utoipa::path(
    delete,
    path = "/v1/asset-types/{id}",
    tag = "Asset types",
    params(ById, WriteHeaders),
    responses((status = 200, description = "Archived.", body = Answer), Problems),
    security(("token" = []))
)]
async fn archive_asset_type(call: Call, Path(ById { id }): Path<ById>) -> Result<Done, Problem> {
    call.submit(
        &[],
        None,
        Command::ArchiveAssetType {
            id: AssetTypeId(id),
        },
    )
    .await
}

/// Add a field to an asset type.
#[utoipa::path(
    post,
    path = "/v1/asset-types/{id}/fields",
    tag = "Asset types",
    params(ById, WriteHeaders),
    request_body = NewField,
    responses((status = 200, description = "Added.", body = Answer), Problems),
    security(("token" = []))
)]
async fn add_field(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewField>,
) -> Result<Done, Problem> {
    let field = body.value.draft();
    call.submit(
        &body.bytes,
        None,
        Command::AddField {
            id: AssetTypeId(id),
            field,
        },
    )
    .await
}

/// Change a field's settings.
#[utoipa::path(
    patch,
    path = "/v1/asset-types/{id}/fields/{key}",
    tag = "Asset types",
    params(FieldPath, WriteHeaders),
    request_body = ChangedField,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_field(
    call: Call,
    Path(FieldPath { id, key }): Path<FieldPath>,
    body: RawJson<ChangedField>,
) -> Result<Done, Problem> {
    let ChangedField {
        name,
        role,
        required,
        options,
        hint,
        default,
        shown_in_list,
        reason,
    } = body.value;
    let options = options.map(|options| options.into_iter().map(NewOption::draft).collect());
    let patch = FieldPatch {
        name,
        role,
        required,
        options,
        hint,
        default,
        shown_in_list,
    };
    call.submit(
        &body.bytes,
        reason,
        Command::ChangeField {
            id: AssetTypeId(id),
            key,
            patch,
        },
    )
    .await
}

/// Take a field out of use. Its values stay in the history.
#[utoipa::path(
    delete,
    path = "/v1/asset-types/{id}/fields/{key}",
    tag = "Asset types",
    params(FieldPath, WriteHeaders),
    responses((status = 200, description = "Retired.", body = Answer), Problems),
    security(("token" = []))
)]
async fn retire_field(
    call: Call,
    Path(FieldPath { id, key }): Path<FieldPath>,
) -> Result<Done, Problem> {
    call.submit(
        &[],
        None,
        Command::RetireField {
            id: AssetTypeId(id),
            key,
        },
    )
    .await
}
