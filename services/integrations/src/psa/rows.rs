//! What is believed of a search's answer: no more than its rows themselves say.

use super::PsaError;

/// The tickets of one reference that are read in full: more than one is an accident already, and each costs calls.
pub(super) const FOUND_MAX: usize = 10;

/// The rows for which `ours` holds. A system may ignore a filter that it does not know and answer with whatever it
/// has. Then a page without ours says nothing about the pages after it, and "none" would make a second ticket.
///
/// # Errors
/// [`PsaError::Garbled`] if there is `more` than this page, the filter was ignored, and ours is not among the rows.
pub(super) fn only<T>(
    rows: Vec<T>,
    more: bool,
    ours: impl Fn(&T) -> bool,
) -> Result<Vec<T>, PsaError> {
    let answered = rows.len();
    let rows: Vec<T> = rows.into_iter().filter(ours).collect();
    if rows.is_empty() && answered > 0 && more {
        return Err(PsaError::Garbled(
            "the search ignores what it is asked for, and answers more than one page of other things"
                .to_owned(),
        ));
    }
    Ok(rows)
}

/// A reference that means in every search language only itself.
///
/// # Errors
/// [`PsaError::Refused`].
pub(super) fn plain(reference: &str) -> Result<&str, PsaError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts_well = reference.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && reference.chars().all(plain) {
        return Ok(reference);
    }
    Err(PsaError::Refused(
        "a reference consists of letters, digits, hyphens, dots and underscores".to_owned(),
    ))
}

/// The id of a ticket. One that is no number belongs to no ticket.
///
/// # Errors
/// [`PsaError::NotFound`].
pub(super) fn ticket_id(id: &str) -> Result<u64, PsaError> {
    id.parse().map_err(|_| PsaError::NotFound)
}

/// The id of a company, as the account's people linked it.
///
/// # Errors
/// [`PsaError::Refused`] with the remedy.
pub(super) fn company_id(company: &str, field: &str) -> Result<u64, PsaError> {
    company.parse().map_err(|_| {
        PsaError::Refused(format!(
            "the company is linked to {company:?}, which is no {field}: a whole number; correct its external id"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_other_things_says_nothing_about_the_pages_after_it() {
        let is_7 = |row: &i32| *row == 7;
        assert_eq!(only(vec![7, 7], true, is_7).unwrap(), vec![7, 7]);
        assert_eq!(only(vec![1, 7], true, is_7).unwrap(), vec![7]);
        assert_eq!(only(vec![1, 2], false, is_7).unwrap(), Vec::<i32>::new());
        assert_eq!(only(Vec::new(), false, is_7).unwrap(), Vec::<i32>::new());
        assert!(matches!(
            only(vec![1, 2], true, is_7),
            Err(PsaError::Garbled(_))
        ));
    }

    #[test]
    fn a_reference_cannot_change_what_is_searched_for() {
        for good in ["sl-1", "SL_0195f6.a"] {
            assert_eq!(plain(good).unwrap(), good);
        }
        for bad in ["", "-sl", "a b", "a\"", "a*", "a:b", "a\\", "ä", "a\n"] {
            assert!(matches!(plain(bad), Err(PsaError::Refused(_))), "{bad:?}");
        }
    }
}
