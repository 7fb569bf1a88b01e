//! What a rotation does to the keys in the token. Each step may be given again after a kill.

use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::Session;

use super::canary;
use super::keys::{self, Key, Keys, failed, label};
use crate::error::{ConnectError, KeyError, KeyState};

/// Behind the label of a key that is not proved yet: with it, it is no version of ours.
const UNPROVED_SUFFIX: &str = "-unproved";

/// What is to be done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOrder {
    /// Nothing; they are only told.
    List,
    /// Make it, as pending.
    Make(i32),
    /// Make the pending one the primary.
    Promote(i32),
    /// Let it encrypt no more.
    Retire(i32),
    /// Destroy it; it encrypts no more.
    Destroy(i32),
}

/// On a session that may write.
pub(crate) fn carry_out(session: &Session, keys: &Keys, order: KeyOrder) -> Result<(), KeyError> {
    let held = |version| {
        keys.of_version(version)
            .ok_or(KeyError::Missing { version })
    };
    match order {
        KeyOrder::List => Ok(()),
        KeyOrder::Make(version) => match keys.of_version(version) {
            Some(_) => Err(KeyError::Exists { version }),
            None => make(session, version),
        },
        KeyOrder::Promote(version) => {
            let key = held(version)?;
            match keys.state_of(key) {
                KeyState::Primary => Ok(()),
                KeyState::Pending => let_encrypt(session, key, true),
                state => Err(refused(key, state, "make it the primary")),
            }
        }
        KeyOrder::Retire(version) => {
            let key = held(version)?;
            match keys.state_of(key) {
                KeyState::DecryptOnly => let_encrypt(session, key, false),
                state => Err(refused(key, state, "retire it")),
            }
        }
        KeyOrder::Destroy(version) => {
            let Some(key) = keys.of_version(version) else {
                return Ok(());
            };
            match keys.state_of(key) {
                KeyState::DecryptOnly if !key.may_encrypt => session
                    .destroy_object(key.handle)
                    .map_err(|error| failed("destroy a key")(error).into()),
                state => Err(refused(key, state, "destroy it")),
            }
        }
    }
}

/// A key that may not encrypt can't be proved. So it gets the label of its version only when it was proved and may
/// encrypt no more: whoever reads the keys meanwhile sees none, or a pending one.
fn make(session: &Session, version: i32) -> Result<(), KeyError> {
    let unproved = format!("{}{UNPROVED_SUFFIX}", label(version));
    // What a kill left behind; nothing was ever sealed under it.
    for left in session
        .find_objects(&[
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Token(true),
            Attribute::Label(unproved.clone().into_bytes()),
        ])
        .map_err(failed("look for a key"))?
    {
        session
            .destroy_object(left)
            .map_err(failed("destroy a key that was never used"))?;
    }
    let key = Key {
        version,
        handle: keys::generate(session, &unproved)?,
        may_encrypt: true,
    };
    canary::prove(session, &key)?;
    let_encrypt(session, &key, false)?;
    session
        .update_attributes(key.handle, &[Attribute::Label(label(version).into_bytes())])
        .map_err(|error| failed("label a key")(error).into())
}

fn let_encrypt(session: &Session, key: &Key, may: bool) -> Result<(), KeyError> {
    session
        .update_attributes(key.handle, &[Attribute::Encrypt(may)])
        .map_err(|error| ConnectError::Module {
            operation: "change whether a key may encrypt",
            source: error,
        })?;
    Ok(())
}

fn refused(key: &Key, state: KeyState, operation: &'static str) -> KeyError {
    KeyError::State {
        version: key.version,
        state,
        operation,
    }
}
