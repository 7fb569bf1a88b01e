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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The thing that was written.
    pub id: Uuid,
    /// Its version now, for `If-Match`. All products share one, the catalog's.
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
    /// Of seats given to users or devices: the assignments, in the order of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_ids: Option<Vec<Uuid>>,
    /// Of keys that were added: their ids, in the order of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ids: Option<Vec<Uuid>>,
    /// Of a transfer: the license that the other company has now. `id` is the one that gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_asset_id: Option<Uuid>,
    /// Of a count sheet: lines that recorded something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<usize>,
    /// Of a count sheet: lines that said what was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<usize>,
    /// Of the starting set: products that were added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<usize>,
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
        let body = Answer {
            id: answer.id,
            version: *version,
            entry,
            warnings: answer.warnings.clone(),
            ..Answer::telling(&answer.detail)
        };
        Self {
            status: if answer.created || body.names_what_was_made() {
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

    /// The thing that was written.
    pub(crate) fn id(&self) -> Option<Uuid> {
        let answer: Answer = serde_json::from_str(&self.body).ok()?;
        Some(answer.id)
    }

    /// The answer with more that is worth knowing: what the decision can't know, since it is no part of the ledger.
    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        if warnings.is_empty() {
            return self;
        }
        if let Ok(mut answer) = serde_json::from_str::<Answer>(&self.body) {
            answer.warnings.extend(warnings);
            self.body = serde_json::to_string(&answer).unwrap_or(self.body);
        }
        self
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

impl Answer {
    /// An answer that tells nothing but what a decision found out.
    fn telling(detail: &Detail) -> Self {
        let mut told = Self::default();
        match detail {
            Detail::Fields(fields) => told.fields = Some(fields.iter().map(Field::of).collect()),
            Detail::Purchase(purchase) => told.purchase_id = Some(purchase.0),
            Detail::Assignments(ids) => {
                told.assignment_ids = Some(ids.iter().map(|id| id.0).collect());
            }
            Detail::Keys(ids) => told.secret_ids = Some(ids.iter().map(|id| id.0).collect()),
            Detail::Transferred(asset) => told.new_asset_id = Some(asset.0),
            Detail::Sheet { changed, unchanged } => {
                (told.changed, told.unchanged) = (Some(*changed), Some(*unchanged));
            }
            Detail::Adopted(products) => told.adopted = Some(*products),
            Detail::None
            | Detail::Revealable { .. }
            | Detail::Destroyed(_)
            | Detail::Equal(_)
            | Detail::Secrets { .. } => {}
        }
        told
    }

    /// Whether something was made that is a part of the subject, or beside it.
    fn names_what_was_made(&self) -> bool {
        self.purchase_id.is_some()
            || self.assignment_ids.is_some()
            || self.secret_ids.is_some()
            || self.new_asset_id.is_some()
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
