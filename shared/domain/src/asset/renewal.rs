use crate::ids::PersonId;

/// What is to be done at the end of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalDecision {
    /// It is renewed as it is.
    Renew,
    /// It is renewed with so many seats.
    ChangeTo(i64),
    /// It is not renewed.
    Lapse,
}

/// A decision with who sees to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRenewal {
    /// What is to be done.
    pub decision: RenewalDecision,
    /// Who sees to it.
    pub owner: Option<PersonId>,
    /// Why, or how.
    pub note: Option<String>,
}
