//! The notes of a ticket. RT keeps what was said apart from who said it when: notes are transactions, and texts are
//! attachments among whatever files people sent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Note, PsaError, plain};
use super::rest::{PAGE_LENGTH, Rest, text};

/// Pages of notes that are read, the newest first: beyond a thousand, a ticket is a conversation of people.
const PAGES_MAX: usize = 10;
/// Notes whose parts are asked for at once, so that a page has room for several parts of each.
const NOTES_AT_ONCE: usize = 25;
/// Texts that are asked for at once, in bytes: even escaped they stay below what an answer may have.
const TEXTS_SIZE_MAX: usize = 256 * 1024;
/// Calls for texts: ours come first, which are short.
const TEXT_CALLS_MAX: usize = 16;
/// The longest text that is read, in bytes; a longer one is a file that somebody pasted.
const TEXT_SIZE_MAX: usize = 512 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Transaction {
    #[serde(rename = "id", deserialize_with = "text")]
    id: String,
    r#type: String,
    /// The ticket that it happened on, before that became part of another.
    #[serde(deserialize_with = "text")]
    object_id: String,
    creator: Creator,
}

#[derive(Debug, Deserialize)]
struct Creator {
    /// The user's name.
    #[serde(deserialize_with = "text")]
    id: String,
}

/// A part of a note: its text, the same as HTML, or a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    #[serde(rename = "id", deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    transaction_id: String,
    #[serde(default, deserialize_with = "text")]
    content_type: String,
    #[serde(default, deserialize_with = "text")]
    content_length: String,
    #[serde(default, deserialize_with = "text")]
    filename: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    #[serde(rename = "id", deserialize_with = "text")]
    id: String,
    #[serde(default, deserialize_with = "text")]
    content: String,
}

/// The notes of a ticket, the oldest first, those of tickets that became part of it included.
pub(super) async fn read(rest: &Rest, id: &str) -> Result<Vec<Note>, PsaError> {
    let mut transactions = transactions(rest, id).await?;
    if transactions.is_empty() {
        return Ok(Vec::new());
    }
    let our_name = rest.our_name().await?;
    let ours = |transaction: &Transaction| transaction.creator.id == our_name;
    // Ours first, since what we wrote already is recognised by its text.
    transactions.sort_by_key(|transaction| !ours(transaction));
    let mut texts = texts(rest, &transactions).await?;
    transactions.sort_by_key(|transaction| transaction.id.parse::<u64>().unwrap_or(u64::MAX));
    Ok(transactions
        .iter()
        .map(|transaction| Note {
            ours: ours(transaction),
            text: texts.remove(&transaction.id).unwrap_or_default(),
        })
        .collect())
}

async fn transactions(rest: &Rest, id: &str) -> Result<Vec<Transaction>, PsaError> {
    let conditions = any("Type", ["Comment", "Correspond", "Create"]);
    let mut notes = Vec::new();
    for page in 1..=PAGES_MAX {
        let found: Vec<Transaction> = rest
            .search_in(
                &["ticket", id, "history"],
                "Type,ObjectId,Creator",
                page,
                &conditions.clone().into(),
            )
            .await?;
        let last = found.len() < PAGE_LENGTH;
        // The description of a ticket that became part of this one is a note here.
        let note = |found: &Transaction| found.r#type != "Create" || found.object_id != id;
        notes.extend(found.into_iter().filter(note));
        if last {
            break;
        }
    }
    Ok(notes)
}

/// The texts by the id of their transaction.
async fn texts(
    rest: &Rest,
    transactions: &[Transaction],
) -> Result<BTreeMap<String, String>, PsaError> {
    let mut parts = Vec::new();
    for some in transactions.chunks(NOTES_AT_ONCE) {
        parts.extend(text_parts(rest, some).await?);
    }
    let mut texts = BTreeMap::new();
    for batch in batches(&parts).into_iter().take(TEXT_CALLS_MAX) {
        let conditions = any("id", batch.iter().map(|part| part.id.as_str()));
        let found: Vec<Text> = rest
            .search_in(&["attachments"], "Content", 1, &conditions.into())
            .await?;
        for text in found {
            let Some(part) = batch.iter().find(|part| part.id == text.id) else {
                continue;
            };
            texts.insert(part.transaction_id.clone(), part.plain(text.content));
        }
    }
    Ok(texts)
}

/// The part of each note that is its text, in the order of the notes.
async fn text_parts(rest: &Rest, notes: &[Transaction]) -> Result<Vec<Part>, PsaError> {
    let mut conditions = any("TransactionId", notes.iter().map(|note| note.id.as_str()));
    conditions.push(json!({"field": "ContentType", "operator": "STARTSWITH", "value": "text/"}));
    let mut parts: Vec<Part> = rest
        .search_in(
            &["attachments"],
            "TransactionId,ContentType,ContentLength,Filename",
            1,
            &conditions.into(),
        )
        .await?;
    parts.retain(|part| part.filename.is_empty() && part.size() <= TEXT_SIZE_MAX);
    // What is plain already comes first, then what comes first in the note.
    parts.sort_by_key(|part| (part.is_html(), part.id.parse::<u64>().unwrap_or(u64::MAX)));
    let take = |note: &Transaction| {
        let at = parts
            .iter()
            .position(|part| part.transaction_id == note.id)?;
        Some(parts.remove(at))
    };
    Ok(notes.iter().filter_map(take).collect())
}

impl Part {
    fn size(&self) -> usize {
        self.content_length.parse().unwrap_or(usize::MAX)
    }

    fn is_html(&self) -> bool {
        self.content_type.eq_ignore_ascii_case("text/html")
    }

    fn plain(&self, content: String) -> String {
        if self.is_html() {
            return plain::from_html(&content);
        }
        content
    }
}

/// In order, each of a size that one answer may have, or of a single text.
fn batches(parts: &[Part]) -> Vec<&[Part]> {
    let mut batches = Vec::new();
    let mut rest = parts;
    while !rest.is_empty() {
        let mut size = 0;
        let fit = rest
            .iter()
            .take(PAGE_LENGTH)
            .take_while(|part| {
                size += part.size();
                size <= TEXTS_SIZE_MAX
            })
            .count();
        let (batch, later) = rest.split_at(fit.max(1));
        batches.push(batch);
        rest = later;
    }
    batches
}

/// That a field has one of several values, in RT's JSON.
fn any<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let of = |value| json!({"field": field, "value": value, "entry_aggregator": "OR"});
    values.into_iter().map(of).collect()
}
