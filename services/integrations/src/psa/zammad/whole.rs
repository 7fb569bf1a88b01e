//! A ticket in full: its notes, its time, and what became of it.

use reqwest::Method;

use super::Zammad;
use super::rows::{Article, Links, Row, StateKind};
use crate::psa::plain::from_html;
use crate::psa::{Note, PsaError, Ticket, TicketState, answer};

impl Zammad {
    pub(super) fn ticket(&self, row: &Row, state: TicketState, notes: Vec<Note>) -> Ticket {
        Ticket {
            id: row.id.to_string(),
            number: row.number.clone(),
            url: self.site.url(&[]).ok().map(|mut url| {
                url.set_fragment(Some(&format!("ticket/zoom/{}", row.id)));
                url
            }),
            state,
            status: row.state.clone(),
            notes,
            has_time: row.has_time(),
        }
    }

    pub(super) async fn state(&self, row: &Row) -> Result<TicketState, PsaError> {
        let path = ["ticket_states", &row.state_id.to_string()];
        let call = self.call(Method::GET, &path)?.query(&[("expand", "true")]);
        // The names of states are the administrators' to choose; their types are not.
        let StateKind { state_type } = answer::json(call).await?;
        Ok(match state_type.as_str() {
            "closed" => TicketState::Closed,
            "removed" => TicketState::Deleted,
            "merged" => match self.merged_into(row.id).await? {
                Some(into) => TicketState::Merged { into },
                None => TicketState::Closed,
            },
            _ => TicketState::Open,
        })
    }

    pub(super) async fn merged_into(&self, id: u64) -> Result<Option<String>, PsaError> {
        let id = id.to_string();
        let call = self.call(Method::GET, &["links"])?.query(&[
            ("link_object", "Ticket"),
            ("link_object_value", id.as_str()),
        ]);
        let Links { links } = answer::json(call).await?;
        let parent = links
            .into_iter()
            .find(|link| link.link_type == "parent" && link.link_object == "Ticket");
        Ok(parent.map(|link| link.link_object_value.to_string()))
    }

    pub(super) async fn notes(&self, row: &Row) -> Result<Vec<Note>, PsaError> {
        let path = ["ticket_articles", "by_ticket", &row.id.to_string()];
        let call = self.call(Method::GET, &path)?.query(&[("expand", "true")]);
        let us = self.us().await?;
        let mut articles: Vec<Article> = self.of_ticket(call).await?.json()?;
        articles.sort_by_key(|article| article.id);
        // Of a ticket into which another was merged, the other's articles may come first.
        if let Some(description) = articles
            .iter()
            .position(|article| article.created_by_id == us)
        {
            articles.remove(description);
        }
        Ok(articles
            .into_iter()
            .filter(|article| article.sender != "System") // a trigger's, which nobody wrote
            .map(|article| Note {
                ours: article.created_by_id == us,
                text: if article.content_type.starts_with("text/html") {
                    from_html(&article.body)
                } else {
                    article.body
                },
            })
            .collect())
    }
}
