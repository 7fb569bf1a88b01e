//! The problem in the OpenAPI document: described once, referred to by every route.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use super::{FieldError, Kind, MEDIA_TYPE, ProblemBody};

/// The name of the security scheme, for `security(("token" = []))`.
const SECURITY_SCHEME: &str = "token";

/// What every route answers when it does not succeed. To be listed in `responses(…)` beside the
/// successes; one shared definition stands behind it.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = RefOr::Ref(Ref::from_response_name("Problem"));
        BTreeMap::from([("default".to_owned(), problem)])
    }
}

/// Adds what the routes refer to: the problem's schema and response, and the token's security scheme.
pub fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let schemas = [
        ("Problem", ProblemBody::schema()),
        ("FieldError", FieldError::schema()),
    ];
    for (name, schema) in schemas {
        components.schemas.insert(name.to_owned(), schema);
    }
    let mut referred = Vec::new();
    ProblemBody::schemas(&mut referred);
    components.schemas.extend(referred);
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(summary())
        .content(MEDIA_TYPE, content)
        .build();
    components
        .responses
        .insert("Problem".to_owned(), response.into());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(SECURITY_SCHEME, bearer);
}

fn summary() -> String {
    let mut text = String::from("Why it did not succeed, by `type`:\n");
    for kind in Kind::ALL {
        let (uri, status, help) = (kind.uri(), kind.status().as_u16(), kind.help());
        text.push_str(&format!("\n- `{uri}` ({status}): {help}"));
    }
    text
}
