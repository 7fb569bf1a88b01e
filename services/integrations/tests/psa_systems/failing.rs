//! What each failure is called, whether a change may have been made all the same, and that it is found then.

use std::time::Duration;

use integrations::psa::PsaError;
use simulators::{EVERY_FAULT, Fault, Kind};

use crate::bench::{Bench, draft, secret};

/// Runs for the dice.
const SEEDS: u64 = 6;
/// Attempts in a run.
const ATTEMPTS: u64 = 12;

pub(crate) async fn wrong_credentials_are_told_and_not_shown(bench: Bench) {
    let stranger = bench.stranger();
    let errors = [
        stranger.check().await.unwrap_err(),
        stranger.find("sl-1").await.unwrap_err(),
        stranger.create(&draft("sl-1")).await.unwrap_err(),
        stranger.read("1").await.unwrap_err(),
        stranger.comment("1", "Bought.").await.unwrap_err(),
        stranger.close("1", "Bought.").await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, PsaError::Unauthorized(_)), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(secret(bench.simulator.kind)), "{shown}");
    }
    assert_eq!(bench.simulator.tickets(), []);
}

pub(crate) async fn nobody_listens(bench: Bench) {
    let made = bench.nowhere().create(&draft("sl-1")).await.unwrap_err();
    assert!(matches!(made, PsaError::Unreachable(_)), "{made:?}");
    assert!(!made.may_have_happened());
}

pub(crate) async fn a_wrong_path_is_told_with_the_remedy(bench: Bench) {
    let elsewhere = bench.elsewhere();
    for error in [
        elsewhere.check().await.unwrap_err(),
        elsewhere.find("sl-1").await.unwrap_err(),
        elsewhere.create(&draft("sl-1")).await.unwrap_err(),
    ] {
        // Not as a ticket that is gone, which would let another be made.
        let PsaError::Refused(said) = error else {
            panic!("{error:?}")
        };
        assert!(
            said.contains("address") || said.contains("external id"),
            "{said}"
        );
    }
}

pub(crate) async fn each_failure_while_making_a_ticket(bench: Bench) {
    let impatient = bench.impatient();
    for (number, fault) in EVERY_FAULT.into_iter().enumerate() {
        let reference = format!("sl-{number}");
        prepare(&bench, fault, Simulated::Change);
        let error = impatient.create(&draft(&reference)).await;
        let error = error.expect_err(&format!("{fault:?}"));
        is_called(fault, &error);
        let made = bench.simulator.tickets_of(&reference).len();
        assert_eq!(made, usize::from(is_done(fault)), "{fault:?}");
        assert!(made == 0 || error.may_have_happened(), "{fault:?}");
        // As the ticket machine goes on: by what is found, once more or not.
        if bench.psa.find(&reference).await.unwrap().is_empty() {
            bench.psa.create(&draft(&reference)).await.unwrap();
        }
        assert_eq!(bench.simulator.tickets_of(&reference).len(), 1, "{fault:?}");
    }
    bench.was_proper();
}

pub(crate) async fn each_failure_while_reading(bench: Bench) {
    let impatient = bench.impatient();
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    // What is asked for once and kept is kept now.
    impatient.read(&id).await.unwrap();
    for fault in EVERY_FAULT {
        prepare(&bench, fault, Simulated::Any);
        is_called(fault, &impatient.read(&id).await.unwrap_err());
        prepare(&bench, fault, Simulated::Any);
        is_called(fault, &impatient.find("sl-1").await.unwrap_err());
    }
    bench.psa.read(&id).await.unwrap();
    bench.was_proper();
}

pub(crate) async fn each_failure_while_writing_a_note(bench: Bench) {
    let impatient = bench.impatient();
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    for (number, fault) in EVERY_FAULT.into_iter().enumerate() {
        let text = format!("{number} days are left.");
        prepare(&bench, fault, Simulated::Change);
        match impatient.comment(&id, &text).await {
            // Of a note nothing but the success matters.
            Ok(()) => assert_eq!(fault, Fault::Truncated),
            Err(error) => is_called(fault, &error),
        }
        let notes = bench.psa.read(&id).await.unwrap().notes;
        let written = notes.iter().any(|note| note.ours && note.text == text);
        assert_eq!(written, is_done(fault), "{fault:?}");
    }
    bench.was_proper();
}

pub(crate) async fn failures_by_chance_never_lie(bench: Bench) {
    let faults: Vec<Fault> = EVERY_FAULT
        .into_iter()
        .filter(|fault| !matches!(fault, Fault::Stall | Fault::StallAfter))
        .collect();
    for seed in 0..SEEDS {
        bench.simulator.fail_by_chance(seed, 400, &faults);
        for attempt in 0..ATTEMPTS {
            let reference = format!("sl-{seed}-{attempt}");
            let made = bench.psa.create(&draft(&reference)).await;
            let there = bench.simulator.tickets_of(&reference).len();
            match made {
                Ok(ticket) => {
                    assert_eq!(there, 1, "{reference}");
                    assert_eq!(
                        bench.simulator.tickets_of(&reference)[0].id.to_string(),
                        ticket.id
                    );
                }
                Err(error) => assert!(
                    there == 0 || error.may_have_happened(),
                    "{reference}: {error:?}"
                ),
            }
            if let Ok(found) = bench.psa.find(&reference).await {
                assert_eq!(found.len(), there, "{reference}");
            }
        }
        bench.simulator.recover();
    }
    bench.was_proper();
}

#[derive(Clone, Copy)]
enum Simulated {
    Any,
    Change,
}

fn prepare(bench: &Bench, fault: Fault, what: Simulated) {
    // Halo's adapter takes a 401 once for a token that was withdrawn.
    let again = bench.simulator.kind == Kind::Halo && fault == Fault::Unauthorized;
    for _ in 0..=u8::from(again) {
        match what {
            Simulated::Any => bench.simulator.next(fault),
            Simulated::Change => bench.simulator.next_change(fault),
        }
    }
}

/// Whether what was asked is done all the same.
fn is_done(fault: Fault) -> bool {
    match fault {
        Fault::StallAfter
        | Fault::FailAfter
        | Fault::CutAfter
        | Fault::PageAfter
        | Fault::Truncated
        | Fault::Huge => true,
        Fault::Stall
        | Fault::FailBefore
        | Fault::CutBefore
        | Fault::BusySeconds(_)
        | Fault::BusyDate(_)
        | Fault::Unauthorized
        | Fault::Page(_) => false,
    }
}

#[track_caller]
fn is_called(fault: Fault, error: &PsaError) {
    let right = match (fault, error) {
        (
            Fault::Stall | Fault::StallAfter | Fault::CutBefore | Fault::CutAfter,
            PsaError::NoAnswer(_),
        )
        | (Fault::Unauthorized, PsaError::Unauthorized(_))
        | (
            Fault::Page(200) | Fault::PageAfter | Fault::Truncated | Fault::Huge,
            PsaError::Garbled(_),
        ) => true,
        (Fault::FailBefore | Fault::FailAfter, PsaError::Failed { status, .. }) => *status == 500,
        (Fault::Page(page), PsaError::Failed { status, .. }) => *status == page,
        (Fault::BusySeconds(seconds), PsaError::Busy { retry_after }) => {
            *retry_after == Some(Duration::from_secs(seconds))
        }
        // Both the date and the answer's own are cut to seconds.
        (Fault::BusyDate(seconds), PsaError::Busy { retry_after }) => {
            retry_after.is_some_and(|wait| (seconds - 1..=seconds + 1).contains(&wait.as_secs()))
        }
        _ => false,
    };
    assert!(right, "{fault:?}: {error:?}");
}
