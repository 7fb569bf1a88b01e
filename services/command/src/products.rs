//! `/v1/products`: the catalog that all companies share.

use domain::{
    Command, FieldError,
    ids::ProductId,
    product::{FactsPatch, ProductDraft, ProductPatch},
};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Kind, Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Reason, optional, sent},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(add_product))
        .routes(routes!(change_product))
        .routes(routes!(add_aliases))
        .routes(routes!(merge_product))
        .routes(routes!(adopt_starting_set))
}

/// A product, as it is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    /// What people call it. Licenses of this name mean it from now on, and those there are.
    #[schema(example = "Microsoft 365 Business Premium", max_length = 200)]
    name: String,
    /// What else licenses call it; case and spacing do not count.
    #[serde(default)]
    #[schema(example = json!(["M365 BP"]), max_items = 500)]
    names: Vec<String>,
    /// The vendor's part numbers.
    #[serde(default)]
    #[schema(example = json!(["SPB"]), max_items = 500)]
    skus: Vec<String>,
    /// Who makes it.
    #[schema(value_type = Option<String>)]
    vendor: Option<Json>,
    /// The products that a license of it covers.
    #[schema(value_type = Option<Vec<Uuid>>)]
    suite_of: Option<Json>,
    /// Whether it is installed on devices; a cloud service is not.
    #[schema(value_type = Option<bool>)]
    installable: Option<Json>,
    /// On how many devices one user may install it.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000)]
    installs_per_user: Option<Json>,
    /// The newer product whose license may be used for it.
    #[schema(value_type = Option<Uuid>)]
    downgrade_of: Option<Json>,
    /// Days before the end of a term by which notice must be given, where a license does not say.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 3_650)]
    notice_days: Option<Json>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What changes of a product. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedProduct {
    /// Its new name. The old one stays one of its names, since licenses are written with it.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// What else licenses call it, in addition.
    #[serde(default)]
    #[schema(max_items = 500)]
    add_names: Vec<String>,
    /// Part numbers in addition.
    #[serde(default)]
    #[schema(max_items = 500)]
    add_skus: Vec<String>,
    /// Names that are no longer its own.
    #[serde(default)]
    #[schema(max_items = 500)]
    remove_names: Vec<String>,
    /// Part numbers that are no longer its own.
    #[serde(default)]
    #[schema(max_items = 500)]
    remove_skus: Vec<String>,
    /// Who makes it; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    vendor: Option<Json>,
    /// The products that a license of it covers, all of them; null for none.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    suite_of: Option<Json>,
    /// Whether it is installed on devices; null if nobody knows.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<bool>)]
    installable: Option<Json>,
    /// On how many devices one user may install it; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000)]
    installs_per_user: Option<Json>,
    /// The newer product whose license may be used for it; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    downgrade_of: Option<Json>,
    /// Days before the end of a term by which notice must be given; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 3_650)]
    notice_days: Option<Json>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Names that turned out to be a product's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAliases {
    /// What licenses call it.
    #[serde(default)]
    #[schema(max_items = 500)]
    names: Vec<String>,
    /// The vendor's part numbers.
    #[serde(default)]
    #[schema(max_items = 500)]
    skus: Vec<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What a product turned out to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Merge {
    /// The product that it is.
    into: Uuid,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Add a product. A name that is nobody's yet is decided by this one call.
#[utoipa::path(
    post,
    path = "/v1/products",
    tag = "Products",
    params(WriteHeaders),
    request_body = NewProduct,
    responses((status = 201, description = "Added.", body = Answer), Problems),
    security(("token" = []))
)]
async fn add_product(call: Call, body: RawJson<NewProduct>) -> Result<Done, Problem> {
    let NewProduct {
        name,
        names,
        skus,
        vendor,
        suite_of,
        installable,
        installs_per_user,
        downgrade_of,
        notice_days,
        reason,
    } = body.value;
    let facts = FactsPatch {
        vendor,
        suite_of,
        installable,
        installs_per_user,
        downgrade_of,
        notice_days,
    };
    let draft = ProductDraft {
        name,
        names,
        skus,
        facts,
    };
    let id = ProductId(call.state.new_id());
    call.submit(&body.bytes, reason, Command::AddProduct { id, draft })
        .await
}

/// Change a product.
#[utoipa::path(
    patch,
    path = "/v1/products/{id}",
    tag = "Products",
    params(ById, WriteHeaders),
    request_body = ChangedProduct,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_product(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<ChangedProduct>,
) -> Result<Done, Problem> {
    let ChangedProduct {
        name,
        add_names,
        add_skus,
        remove_names,
        remove_skus,
        vendor,
        suite_of,
        installable,
        installs_per_user,
        downgrade_of,
        notice_days,
        reason,
    } = body.value;
    let facts = FactsPatch {
        vendor,
        suite_of,
        installable,
        installs_per_user,
        downgrade_of,
        notice_days,
    };
    let patch = ProductPatch {
        name,
        add_names,
        add_skus,
        remove_names,
        remove_skus,
        facts,
    };
    let id = ProductId(id);
    call.submit(&body.bytes, reason, Command::ChangeProduct { id, patch })
        .await
}

/// Say that names or part numbers mean a product. A name that is nobody's yet is decided by this one call.
#[utoipa::path(
    post,
    path = "/v1/products/{id}/aliases",
    tag = "Products",
    params(ById, WriteHeaders),
    request_body = NewAliases,
    responses((status = 200, description = "Added.", body = Answer), Problems),
    security(("token" = []))
)]
async fn add_aliases(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewAliases>,
) -> Result<Done, Problem> {
    let NewAliases {
        names,
        skus,
        reason,
    } = body.value;
    if names.is_empty() && skus.is_empty() {
        let message = "is empty: give a name or a part number";
        return Err(Problem::new(Kind::Validation).with_error("names", message));
    }
    let patch = ProductPatch {
        add_names: names,
        add_skus: skus,
        ..ProductPatch::default()
    };
    let id = ProductId(id);
    call.submit(&body.bytes, reason, Command::ChangeProduct { id, patch })
        .await
        .map_err(|problem| match problem.kind() {
            Kind::Validation => Problem::validation(problem.errors().iter().map(|error| {
                // Here the members are called by what they are.
                let field = error.field.strip_prefix("add_").unwrap_or(&error.field);
                FieldError {
                    field: field.to_owned(),
                    message: error.message.clone(),
                }
            })),
            _ => problem,
        })
}

/// Say that a product is another, and always was. What was recorded of either stays in the history; licenses of
/// both names are licenses of the one product.
#[utoipa::path(
    post,
    path = "/v1/products/{id}/merge",
    tag = "Products",
    params(ById, WriteHeaders),
    request_body = Merge,
    responses((status = 200, description = "Merged.", body = Answer), Problems),
    security(("token" = []))
)]
async fn merge_product(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Merge>,
) -> Result<Done, Problem> {
    let Merge { into, reason } = body.value;
    let command = Command::MergeProduct {
        id: ProductId(id),
        into: ProductId(into),
    };
    call.submit(&body.bytes, reason, command).await
}

/// Take over the well-known products that the catalog does not have yet. Names that are somebody's already stay
/// with them.
#[utoipa::path(
    post,
    path = "/v1/products/starting-set",
    tag = "Products",
    params(WriteHeaders),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "Taken over; `adopted` says how many. `id` is the catalog's.", body = Answer),
        Problems
    ),
    security(("token" = []))
)]
async fn adopt_starting_set(
    call: Call,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(&bytes, reason, Command::AdoptStartingSet).await
}
