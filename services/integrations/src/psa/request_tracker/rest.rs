//! RT's REST 2.0 interface, as far as it is used.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::super::PsaError;
use super::super::answer::{self, one_line};
use crate::http::Client;

/// What RT gives on one page at most.
pub(super) const PAGE_LENGTH: usize = 100;

/// An RT, as one of its users.
pub(super) struct Rest {
    client: Client,
    url: Url,
    authorization: HeaderValue,
    user_id: String,
    our_name: OnceCell<String>,
}

/// A ticket, or the one that it became part of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Seen {
    #[serde(rename = "id", deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) status: String,
    /// Minutes.
    #[serde(default, deserialize_with = "text")]
    pub(super) time_worked: String,
    #[serde(default)]
    pub(super) custom_fields: Vec<Custom>,
}

/// What a search answers, merged tickets as they were.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Found {
    #[serde(rename = "id", deserialize_with = "text")]
    pub(super) id: String,
    /// Absent (an empty text) where our user sees no field.
    #[serde(default, deserialize_with = "list_or_nothing")]
    pub(super) custom_fields: Vec<Custom>,
}

/// A custom field with its values; files among them are objects.
#[derive(Debug, Deserialize)]
pub(super) struct Custom {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
}

/// A queue as our user sees it.
#[derive(Debug, Deserialize)]
pub(super) struct Queue {
    #[serde(rename = "Disabled", default, deserialize_with = "text")]
    pub(super) disabled: String,
    #[serde(rename = "TicketCustomFields", default)]
    pub(super) fields: Vec<Named>,
    #[serde(rename = "_hyperlinks", default)]
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(rename = "ref")]
    kind: String,
    #[serde(rename = "type", default)]
    of: String,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
}

#[derive(Deserialize)]
struct Id {
    #[serde(deserialize_with = "text")]
    id: String,
}

#[derive(Deserialize)]
struct Name {
    #[serde(rename = "Name")]
    name: String,
}

impl Queue {
    /// RT links to what our user may do.
    pub(super) fn takes_tickets(&self) -> bool {
        let mut links = self.links.iter();
        links.any(|link| link.kind == "create" && link.of == "ticket")
    }
}

impl Rest {
    pub(super) fn new(client: Client, url: &Url, token: &SecretString) -> Result<Self, PsaError> {
        let refused = |text: &str| PsaError::Refused(text.to_owned());
        let mut url = url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut()
            .map_err(|()| refused("the address names no server; write https://rt.example.com/"))?
            .pop_if_empty();
        let token = token.expose_secret().trim();
        let user_id = user_of(token).ok_or_else(|| {
            refused(
                "the token is not one of RT's, which look like 1-23-0123456789abcdef; make one in RT under \
                 Settings / Auth Tokens",
            )
        })?;
        let mut authorization = HeaderValue::try_from(format!("token {token}"))
            .map_err(|_| refused("the token has characters that no token has; copy it again"))?;
        authorization.set_sensitive(true);
        Ok(Self {
            client,
            url,
            authorization,
            user_id,
            our_name: OnceCell::new(),
        })
    }

    /// Where a person opens a ticket.
    pub(super) fn page(&self, id: &str) -> Option<Url> {
        let mut page = self.url.clone();
        page.path_segments_mut()
            .ok()?
            .extend(["Ticket", "Display.html"]);
        page.query_pairs_mut().append_pair("id", id);
        Some(page)
    }

    /// The name of the user that we are, by which RT says who did what. Asked once: a name that changes is noticed
    /// after a restart, and until then our notes count as a person's.
    pub(super) async fn our_name(&self) -> Result<&str, PsaError> {
        let ask = async || {
            let found: Name = self.get(&["user", &self.user_id], &()).await?;
            Ok(found.name)
        };
        self.our_name.get_or_try_init(ask).await.map(String::as_str)
    }

    pub(super) async fn queue(&self, name: &str) -> Result<Queue, PsaError> {
        let request = self.request(Method::GET, &["queue", name])?;
        let answer = answer::send(request).await?;
        // RT says "forbidden" of queues that it doesn't have, so that none can be guessed.
        let hidden = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
        if hidden && answer.json::<Value>().is_ok() {
            return Err(PsaError::Refused(format!(
                "there is no queue {name:?} that our user sees; correct its name, or give our user the right SeeQueue"
            )));
        }
        answer.accepted()?.json()
    }

    /// The tickets that match, the oldest first; one page.
    pub(super) async fn search(&self, query: &str) -> Result<Vec<Found>, PsaError> {
        let query = [
            ("query", query),
            ("fields", "CustomFields"),
            ("orderby", "id"),
            ("order", "ASC"),
            ("per_page", &PAGE_LENGTH.to_string()),
        ];
        let page: Page<Found> = self.get(&["tickets"], &query).await?;
        Ok(page.items)
    }

    pub(super) async fn ticket(&self, id: &str) -> Result<Seen, PsaError> {
        let request = self.request(Method::GET, &["ticket", ticket_id(id)?])?;
        let answer = answer::send(request).await?;
        // The credentials serve: a person moved the ticket to where our user does not see it.
        if answer.status == StatusCode::FORBIDDEN && answer.json::<Value>().is_ok() {
            return Err(PsaError::Refused(format!(
                "our user may not see ticket #{id}; give it the rights SeeQueue, ShowTicket and ShowTicketComments \
                 in the ticket's queue"
            )));
        }
        answer.accepted()?.json()
    }

    pub(super) async fn create(&self, ticket: &impl Serialize) -> Result<String, PsaError> {
        let request = self.request(Method::POST, &["ticket"])?.json(ticket);
        let made: Id = answer::json(request).await?;
        Ok(made.id)
    }

    /// What RT said to it is not looked at: it says "success" of a refusal.
    pub(super) async fn set_field(
        &self,
        id: &str,
        field: &str,
        value: &str,
    ) -> Result<(), PsaError> {
        let request = self.request(Method::PUT, &["ticket", ticket_id(id)?])?;
        answer::done(request.json(&json!({"CustomFields": {field: value}}))).await
    }

    /// Writes a note, and with it a status. What RT says is for people, in our user's language.
    pub(super) async fn comment(
        &self,
        id: &str,
        text: &str,
        status: Option<&str>,
    ) -> Result<Vec<String>, PsaError> {
        let request = self.request(Method::POST, &["ticket", ticket_id(id)?, "comment"])?;
        let mut note = json!({"Content": text, "ContentType": "text/plain"});
        if let Some(status) = status {
            note["Status"] = status.into();
        }
        answer::json(request.json(&note)).await
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &(impl Serialize + Sync + ?Sized),
    ) -> Result<T, PsaError> {
        answer::json(self.request(Method::GET, path)?.query(query)).await
    }

    /// A search whose conditions are too long for an address.
    pub(super) async fn search_in<T: DeserializeOwned>(
        &self,
        path: &[&str],
        fields: &str,
        page: usize,
        conditions: &Value,
    ) -> Result<Vec<T>, PsaError> {
        let query = [
            ("fields", fields),
            ("orderby", "id"),
            ("order", "DESC"),
            ("per_page", &PAGE_LENGTH.to_string()),
            ("page", &page.to_string()),
        ];
        let request = self.request(Method::POST, path)?.query(&query);
        let page: Page<T> = answer::json(request.json(conditions)).await?;
        Ok(page.items)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PsaError> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| PsaError::Refused("the address names no server".to_owned()))?
            .extend(["REST", "2.0"])
            .extend(path);
        let request = self.client.request(method, url)?;
        Ok(request.header(AUTHORIZATION, self.authorization.clone()))
    }
}

/// RT's ids are numbers, so that anything else is no ticket of its.
fn ticket_id(id: &str) -> Result<&str, PsaError> {
    let number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    number.then_some(id).ok_or(PsaError::NotFound)
}

/// The user's id in a token: `1-23-…`, as RT itself reads it.
fn user_of(token: &str) -> Option<String> {
    let (_, rest) = token.split_once('-')?;
    let (user, secret) = rest.split_once('-')?;
    let number = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_digit());
    (number && !secret.is_empty()).then(|| user.to_owned())
}

/// RT gives numbers as texts in one place and as numbers in another.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Ok(String::new()),
        other => Err(serde::de::Error::custom(one_line(&format!(
            "neither a text nor a number: {other}"
        )))),
    }
}

/// RT gives an empty text for a list that it has nothing to put in.
fn list_or_nothing<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Array(items) => serde_json::from_value(Value::Array(items)),
        _ => Ok(Vec::new()),
    }
    .map_err(serde::de::Error::custom)
}
