//! What may be asked of alerts, tickets, integrations and feeds.
