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

macro_rules! suite {
    ($system:ident, $kind:ident) => {
        mod $system {
            suite! { of $kind: crate::life;
                settings_that_serve_pass,
                what_is_made_is_found_again,
                a_subject_finds_nothing,
                all_of_one_reference_come_oldest_first,
                our_notes_come_back_as_they_were,
                what_a_person_does_is_seen,
                we_close_with_a_reason,
                a_person_closes_and_opens_again,
                a_merged_ticket_names_the_other,
                what_is_thrown_away_is_gone,
                what_never_was_is_not_found,
                a_new_ticket_is_seen_when_the_index_has_it,
                a_search_that_ignores_what_it_is_asked_is_not_believed,
                urgency_becomes_a_priority,
                long_texts_fit,
                an_unknown_company_makes_no_ticket,
                a_reference_that_means_more_is_never_sent,
            }
            suite! { of $kind: crate::failing;
                wrong_credentials_are_told_and_not_shown,
                nobody_listens,
                a_wrong_path_is_told_with_the_remedy,
                each_failure_while_making_a_ticket,
                each_failure_while_reading,
                each_failure_while_writing_a_note,
                failures_by_chance_never_lie,
            }
        }
    };
    (of $kind:ident: crate::$module:ident; $($name:ident,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let bench = crate::bench::Bench::start(simulators::Kind::$kind).await;
                crate::$module::$name(bench).await;
            }
        )*
    };
}

suite!(zammad, Zammad);
suite!(connectwise, ConnectWise);
suite!(halo, Halo);
suite!(autotask, Autotask);
