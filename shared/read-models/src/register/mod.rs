//! What there is: types, companies, assets, documents and the policy.

pub mod queries;
