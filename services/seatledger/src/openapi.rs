//! One OpenAPI document for both services, and pages of it that need no network.

use axum::{Json, Router, routing::get};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::SwaggerUi;

/// Finishes the document that the services' routes describe.
pub(crate) fn document(described: OpenApi) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Seatledger")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Software licenses of client companies: what was bought, what is in use, what runs out when, and who \
             changed what.",
        ))
        .build();
    let mut document = OpenApiBuilder::new()
        .info(info)
        .build()
        .merge_from(described);
    web::problem::describe(&mut document);
    document
}

/// `GET /openapi.json` and `GET /docs`.
pub(crate) fn routes(document: &OpenApi) -> Router {
    let json = document.clone();
    let page = SwaggerUi::new("/docs").config(utoipa_swagger_ui::Config::from("/openapi.json"));
    Router::new()
        .route("/openapi.json", get(async move || Json(json)))
        .merge(web::shell::docs(Router::from(page)))
}
