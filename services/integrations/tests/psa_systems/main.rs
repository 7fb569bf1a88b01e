//! What holds for every ticket system, asked of each adapter against its simulator. A new system needs a line in
//! [`bench`] and one below, and gets all of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod bench;
mod failing;
mod life;
mod own;

macro_rules! each {
    ($kind:ident; $($test:path => $name:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                $test(super::bench::Bench::start(simulators::Kind::$kind).await).await;
            }
        )*
    };
}

macro_rules! suite {
    ($system:ident, $kind:ident) => {
        mod $system {
            use crate::{failing, life};

            each! { $kind;
                life::settings_that_serve_pass => settings_that_serve_pass,
                life::what_is_made_is_found_again => what_is_made_is_found_again,
                life::a_subject_finds_nothing => a_subject_finds_nothing,
                life::all_of_one_reference_come_oldest_first => all_of_one_reference_come_oldest_first,
                life::our_notes_come_back_as_they_were => our_notes_come_back_as_they_were,
                life::what_a_person_does_is_seen => what_a_person_does_is_seen,
                life::we_close_with_a_reason => we_close_with_a_reason,
                life::a_person_closes_and_opens_again => a_person_closes_and_opens_again,
                life::a_merged_ticket_names_the_other => a_merged_ticket_names_the_other,
                life::what_is_thrown_away_is_gone => what_is_thrown_away_is_gone,
                life::what_never_was_is_not_found => what_never_was_is_not_found,
                life::a_new_ticket_is_seen_when_the_index_has_it => a_new_ticket_is_seen_when_the_index_has_it,
                life::a_search_that_ignores_what_it_is_asked_is_not_believed => a_search_that_ignores_what_it_is_asked_is_not_believed,
                life::urgency_becomes_a_priority => urgency_becomes_a_priority,
                life::long_texts_fit => long_texts_fit,
                life::an_unknown_company_makes_no_ticket => an_unknown_company_makes_no_ticket,
                life::a_reference_that_means_more_is_never_sent => a_reference_that_means_more_is_never_sent,
                failing::wrong_credentials_are_told_and_not_shown => wrong_credentials_are_told_and_not_shown,
                failing::nobody_listens => nobody_listens,
                failing::each_failure_while_making_a_ticket => each_failure_while_making_a_ticket,
                failing::each_failure_while_reading => each_failure_while_reading,
                failing::each_failure_while_writing_a_note => each_failure_while_writing_a_note,
                failing::failures_by_chance_never_lie => failures_by_chance_never_lie,
            }
        }
    };
}

suite!(zammad, Zammad);
suite!(connectwise, ConnectWise);
suite!(halo, Halo);
suite!(autotask, Autotask);
