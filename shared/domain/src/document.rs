//! Documents: texts kept beside a company's assets, such as the findings of an audit.

use crate::{
    event::Event,
    ids::{CompanyId, DocumentId},
};

/// A document, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Also the id of its stream.
    pub id: DocumentId,
    /// Whose it is.
    pub company: CompanyId,
    /// What it is called.
    pub title: String,
    /// Its text, Markdown by convention.
    pub body: String,
    /// Put away.
    pub archived: bool,
}

impl Document {
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::DocumentRevised { title, body } => {
                self.title.clone_from(title);
                self.body.clone_from(body);
            }
            Event::DocumentArchived => self.archived = true,
            _ => {}
        }
    }
}
