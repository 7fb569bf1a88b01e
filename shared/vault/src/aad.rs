use uuid::Uuid;

/// The way values are padded, sealed and bound. It changes when any of that changes, so that a
/// ciphertext of one scheme is never read as another's.
const SCHEME: u8 = 1;

/// What a sealed value belongs to. It is authenticated with the ciphertext and not stored in it, so
/// a ciphertext opens in its own place only. Every part is an immutable id: renaming an asset or a
/// field breaks nothing.
///
/// Take it from the ledger, never from the row that holds the ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Aad {
    /// The tenant that owns the secret.
    pub tenant_id: Uuid,
    /// The asset that the secret is a field of.
    pub asset_id: Uuid,
    /// The secret; it keeps its id through all its versions.
    pub secret_id: Uuid,
    /// The key of the field, which its asset type fixes for ever.
    pub field_key: String,
    /// The version of the secret, from 1.
    pub version: i32,
}

impl Aad {
    /// Bound to the value's ciphertext.
    pub(crate) fn for_value(&self) -> Vec<u8> {
        self.encode(b"value", &[])
    }

    /// Bound to the wrapped data key, together with the version of the key that wraps it.
    fn for_data_key(&self, key_version: i32) -> Vec<u8> {
        self.encode(b"data key", &key_version.to_be_bytes())
    }

    /// Each part behind its length: without it, `ab` + `c` and `a` + `bc` would be the same bytes.
    fn encode(&self, purpose: &[u8], key_version: &[u8]) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let parts: [&[u8]; 8] = [
            &[SCHEME],
            purpose,
            self.tenant_id.as_bytes(),
            self.asset_id.as_bytes(),
            self.secret_id.as_bytes(),
            self.field_key.as_bytes(),
            &version,
            key_version,
        ];
        length_prefixed(&parts)
    }
}

/// What a key that the HSM wraps belongs to.
#[derive(Clone, Debug)]
pub(crate) enum KeyPlace {
    /// The data key of one secret version.
    Secret(Aad),
    /// The index key of a tenant.
    Index(Uuid),
}

impl KeyPlace {
    /// Bound to the wrapped key, together with the version of the key that wraps it.
    pub(crate) fn encode(&self, key_version: i32) -> Vec<u8> {
        match self {
            Self::Secret(aad) => aad.for_data_key(key_version),
            Self::Index(tenant_id) => length_prefixed(&[
                &[SCHEME],
                b"index key",
                tenant_id.as_bytes(),
                &key_version.to_be_bytes(),
            ]),
        }
    }
}

fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for part in parts {
        encoded.extend_from_slice(&(part.len() as u64).to_be_bytes());
        encoded.extend_from_slice(part);
    }
    encoded
}
