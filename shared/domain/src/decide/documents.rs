//! Documents.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource},
    command::Command,
    document::Document,
    event::Event,
    ids::DocumentId,
    refusal::{Refusal, Violations},
    subject::Subject,
    text,
};

impl Deciding<'_> {
    pub(super) fn document_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::WriteDocument {
                id,
                company,
                title,
                body,
            } => {
                self.company(*company, Action::Read)?;
                self.may(Action::Write, Resource::Document(*company), "company")?;
                self.is_new(id.0, "document")?;
                let (title, body) = texts(title, body)?;
                let written = Event::DocumentWritten {
                    company_id: *company,
                    title,
                    body,
                };
                Ok(self.today(id.0, Some(*company), [written]).created())
            }
            Command::ReviseDocument { id, title, body } => {
                let known = self.document(*id)?;
                self.version_matches(id.0)?;
                if known.archived {
                    return Err(Refusal::Conflict("the document is archived".to_owned()));
                }
                let (title, body) = texts(title, body)?;
                let revised = (title != known.title || body != known.body)
                    .then_some(Event::DocumentRevised { title, body });
                Ok(self.today(id.0, Some(known.company), revised))
            }
            Command::ArchiveDocument { id } => {
                let known = self.document(*id)?;
                self.version_matches(id.0)?;
                let archived = (!known.archived).then_some(Event::DocumentArchived);
                Ok(self.today(id.0, Some(known.company), archived))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }

    fn document(&self, id: DocumentId) -> Result<&Document, Refusal> {
        match self.facts.subject(id.0) {
            Some(Subject::Document(document)) => {
                self.may(
                    Action::Write,
                    Resource::Document(document.company),
                    "document",
                )?;
                Ok(document)
            }
            _ => Err(Refusal::NotFound("document")),
        }
    }
}

fn texts(title: &str, body: &str) -> Result<(String, String), Refusal> {
    let mut found = Violations::default();
    let title = found.keep("title", text::line(title, text::NAME_LENGTH_MAX));
    let body = found.keep("body", text::body(body, text::BODY_LENGTH_MAX));
    found.check()?;
    Ok((title.unwrap_or_default(), body.unwrap_or_default()))
}
