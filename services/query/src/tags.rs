//! The labels on assets.

use axum::response::Response;
use domain::access::Resource;
use read_models::tags::queries;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{
    extract::Query,
    paging::{Cursor, Filters, Limit, Page},
    problem::{Problem, Problems},
};

use crate::{
    page::{self, Fetched},
    parameters::{NewEnough, filter},
    read::Reading,
    row::Columns,
};

/// A tag that is in use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tag {
    #[schema(example = "audit-required")]
    tag: String,
    /// On how many assets it stands, archived ones aside.
    count: i64,
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// On assets of one of these companies.
    #[serde(default)]
    company: Vec<Uuid>,
    #[serde(default, skip_serializing)]
    #[param(inline)]
    limit: Limit,
    #[serde(skip_serializing)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// The tags in use, in alphabetical order, with on how many assets they stand today.
#[utoipa::path(get, path = "/v1/tags", operation_id = "list_tags", tag = "Tags", params(ListQuery, NewEnough),
    responses((status = OK, body = Page<Tag>), Problems), security(("token" = [])))]
pub(crate) async fn list(
    reading: Reading,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    let filters = Filters::of("tags", &query);
    let fetch = async |after: Option<String>, limit| {
        let asked = reading.ask(|asked| {
            let (sees, companies) = (asked.companies.clone(), filter(query.company.clone()));
            queries::tags(
                asked.tenant,
                sees,
                asked.today,
                companies,
                after.clone(),
                limit,
            )
        });
        let answered = asked.await?;
        let tag = |row: &tokio_postgres::Row| {
            Ok(Tag {
                tag: row.read("tag")?,
                count: row.read("assets")?,
            })
        };
        let items = answered
            .rows
            .iter()
            .map(tag)
            .collect::<Result<_, Problem>>()?;
        Ok(Fetched {
            items,
            entry: answered.entry,
        })
    };
    let keys = |last: &Tag| last.tag.clone();
    page::page(filters, query.cursor.as_ref(), query.limit, fetch, keys)
        .await
        .map(page::answer)
}
