//! Other vCons. Grant: `vcons: [read, create, delete, expire]`, each on its own.

use crate::bindings::link::vcon::link::documents as host;
use crate::{Error, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Returns the document with this id. `None` if there is none. Grant `read`.
pub fn read<T: DeserializeOwned>(id: &str) -> Result<Option<T>, Error> {
    host::read(id)?.map(|text| json::read(&text)).transpose()
}

/// Stores a new vCon and returns its id. Grant `create`.
pub fn create<T: Serialize + ?Sized>(document: &T) -> Result<String, Error> {
    host::create(&json::write(document)?)
}

/// Deletes a vCon, in the working store and in the storages. Returns false if there was none. Grant
/// `delete`.
pub fn delete(id: &str) -> Result<bool, Error> {
    host::delete(id)
}

/// Sets the lifetime of a vCon in the working store, in seconds from now. 0 or less deletes it.
/// Does nothing if there is no such vCon. Takes effect together with the edits of the call. Grant
/// `expire`.
pub fn expire(id: &str, seconds: i64) -> Result<(), Error> {
    host::expire(id, seconds)
}
