//! What a write answers.

use axum::response::{IntoResponse, Response};
use domain::Detail;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::headers::{ETag, Entry};

use crate::decider::Answered;

/// What a write answers. The resource itself comes from the query service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The thing that was written.
    pub id: Uuid,
    /// Its version now, for `If-Match`.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The ledger's entry that a read has to have reached to show it, for `Seatledger-Min-Entry`.
    #[schema(minimum = 1)]
    pub entry: i64,
    /// What is worth knowing, though nothing is wrong.
    pub warnings: Vec<String>,
    /// Of an asset type: the keys and roles that its fields were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
    /// Of a purchase: its id, by which it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<Uuid>,
}

/// A field of an asset type as it was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WrittenField)]
pub struct Field {
    /// Its name in `values`; it never changes.
    #[schema(example = "total_seats")]
    pub key: String,
    /// Its name for people.
    #[schema(example = "Total Seats")]
    pub name: String,
    /// What it means to compliance, expiry and the other views; null if it is a plain field.
    #[schema(example = "total_seats")]
    pub role: Option<String>,
    /// Whether the role was told from name and kind. `"role": null` in the request opts out.
    pub role_inferred: bool,
}

/// The answer to a write that was done, now or before under the same idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// 201 if something was made, else 200.
    pub status: StatusCode,
    /// The subject's version.
    pub version: i32,
    /// The ledger's entry.
    pub entry: i64,
    /// An [`Answer`] in JSON.
    pub body: String,
}

impl Done {
    /// The answer to a command that was carried out.
    pub(crate) fn of(answered: &Answered, entry: i64) -> Self {
        let Answered { answer, version } = answered;
        let (fields, purchase_id) = match &answer.detail {
            Detail::Fields(fields) => (Some(fields.iter().map(Field::of).collect()), None),
            Detail::Purchase(purchase) => (None, Some(purchase.0)),
            _ => (None, None),
        };
        let made = answer.created || purchase_id.is_some();
        let body = Answer {
            id: answer.id,
            version: *version,
            entry,
            warnings: answer.warnings.clone(),
            fields,
            purchase_id,
        };
        Self {
            status: if made {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            },
            version: *version,
            entry,
            // Texts, numbers and lists always serialize.
            body: serde_json::to_string(&body).unwrap_or_default(),
        }
    }

    /// An answer that was given before.
    ///
    /// # Errors
    /// If it is none of ours.
    pub(crate) fn again(status: i16, body: String) -> Result<Self, serde_json::Error> {
        let Answer { version, entry, .. } = serde_json::from_str(&body)?;
        let status = u16::try_from(status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Self {
            status: status.unwrap_or(StatusCode::OK),
            version,
            entry,
            body,
        })
    }
}

impl Field {
    fn of(field: &domain::command::FieldAnswer) -> Self {
        Self {
            key: field.key.to_string(),
            name: field.name.clone(),
            role: field.role.map(|role| role.as_str().to_owned()),
            role_inferred: field.inferred,
        }
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        let json = [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )];
        (
            self.status,
            json,
            ETag(self.version),
            Entry(self.entry),
            self.body,
        )
            .into_response()
    }
}
