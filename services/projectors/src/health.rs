use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use read_models::{Halted, Live, Model};

/// How a projector stands: written by it, read by whoever asks. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    head: i64,
    models: BTreeMap<Model, ModelBoard>,
}

struct ModelBoard {
    state: State,
    position: i64,
    halted: Vec<Halted>,
}

/// What a model's projector is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It looks how the model stands.
    Starting,
    /// The model is built anew; the older rows, if there are any, are read meanwhile.
    Rebuilding,
    /// It takes up events as they come.
    Following,
    /// It waits for trouble to pass: which, for people. Without its causes, which may name an address or a
    /// tenant's data: health pages are read by anyone, and the log has them.
    Waiting(String),
    /// A newer release keeps the model.
    LeftToNewer,
}

/// How one model stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelReport {
    /// Which model.
    pub model: Model,
    /// What its projector is doing.
    pub state: State,
    /// The last event whose effect is committed.
    pub position: i64,
    /// Events of the log that it has not taken up, as of about a second ago.
    pub lag: i64,
    /// Tenants that it no longer takes up.
    pub halted: Vec<Halted>,
}

/// How all models together stand, without any tenant's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All are followed.
    Ready,
    /// Some are not as they should be, but can be read.
    Degraded(String),
    /// Some can't be read yet.
    NotReady(String),
}

impl Health {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How each model stands.
    #[must_use]
    pub fn models(&self) -> Vec<ModelReport> {
        let board = self.board();
        let report = |(model, of): (&Model, &ModelBoard)| ModelReport {
            model: *model,
            state: of.state.clone(),
            position: of.position,
            lag: (board.head - of.position).max(0),
            halted: of.halted.clone(),
        };
        board.models.iter().map(report).collect()
    }

    /// How they stand together: for readiness.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let models = self.models();
        let unread = |report: &&ModelReport| {
            report.position == 0 && matches!(report.state, State::Starting | State::Rebuilding)
        };
        if let Some(report) = models.iter().find(unread) {
            return Standing::NotReady(format!("{} is being built", report.model));
        }
        let troubles: Vec<String> = models.iter().filter_map(trouble).collect();
        if troubles.is_empty() {
            Standing::Ready
        } else {
            Standing::Degraded(troubles.join("; "))
        }
    }

    pub(crate) fn set_state(&self, models: &[Model], state: &State) {
        let mut board = self.board();
        for &model in models {
            board.model(model).state = state.clone();
        }
    }

    pub(crate) fn set_head(&self, head: i64) {
        let mut board = self.board();
        board.head = head;
        for (model, of) in &board.models {
            metrics::gauge!("projector_lag_events", "model" => model.name())
                .set(as_f64((head - of.position).max(0)));
        }
    }

    /// Takes over how far a projector is.
    pub(crate) fn follow(&self, live: &Live) {
        let mut board = self.board();
        for (model, position) in live.positions() {
            let halted: Vec<Halted> = live
                .halted()
                .filter(|halted| halted.model == model)
                .collect();
            metrics::gauge!("projector_position", "model" => model.name()).set(as_f64(position));
            metrics::gauge!("projector_halted_tenants", "model" => model.name())
                .set(as_f64(i64::try_from(halted.len()).unwrap_or(i64::MAX)));
            board.head = board.head.max(position);
            *board.model(model) = ModelBoard {
                state: State::Following,
                position,
                halted,
            };
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn model(&mut self, model: Model) -> &mut ModelBoard {
        self.models.entry(model).or_insert(ModelBoard {
            state: State::Starting,
            position: 0,
            halted: Vec::new(),
        })
    }
}

fn trouble(report: &ModelReport) -> Option<String> {
    let model = report.model;
    match (&report.state, report.halted.len()) {
        (State::Waiting(reason), _) => Some(format!("{model} waits: {reason}")),
        (State::Rebuilding, _) => Some(format!("{model} is being rebuilt")),
        (State::LeftToNewer, _) => Some(format!("{model} is kept by a newer release")),
        (State::Starting | State::Following, 0) => None,
        (State::Starting | State::Following, count) => {
            Some(format!("{model}: tenants halted by an event: {count}"))
        }
    }
}

/// A gauge's value; exact to 2^53, which no sequence reaches.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
fn as_f64(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_told_depends_on_the_worst_model() {
        let health = Health::new();
        assert_eq!(health.standing(), Standing::Ready);
        health.set_state(&[Model::Register, Model::Trail], &State::Rebuilding);
        assert_eq!(
            health.standing(),
            Standing::NotReady("register is being built".to_owned())
        );
        health.board().model(Model::Register).position = 5;
        health.board().model(Model::Trail).position = 5;
        health.set_state(&[Model::Trail], &State::Following);
        assert_eq!(
            health.standing(),
            Standing::Degraded("register is being rebuilt".to_owned())
        );
        health.set_state(&[Model::Register], &State::Following);
        assert_eq!(health.standing(), Standing::Ready);
        health.set_head(7);
        assert_eq!(health.models()[0].lag, 2);
        health.set_state(
            &[Model::Register],
            &State::Waiting("no connection".to_owned()),
        );
        assert_eq!(
            health.standing(),
            Standing::Degraded("register waits: no connection".to_owned())
        );
    }
}
