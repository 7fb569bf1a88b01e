use std::sync::{Arc, Mutex, PoisonError};

/// How the service stands. Cheap to clone; all clones tell of the same.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    /// What is in the way; none if nothing is. Another instance at work is nothing in the way.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}
