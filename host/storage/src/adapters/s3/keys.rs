//! Keys of objects.
//!
//! Guarantee: for UUIDs the keys are the Conserver's: `<s3_path>/YYYY/MM/DD/<id>.vcon` and
//! `<s3_path>/lookup/<id>.txt`. Other ids are encoded, so that no key leads out of `s3_path`.

use object_store::path::Path;

use crate::StorageError;
use crate::stored_name::stored_name;
use vcon_document::VconId;

/// Makes the keys of objects.
#[derive(Debug)]
pub struct ObjectKeys {
    /// Beginning of all keys: empty, or with a `/` at its end.
    prefix: String,
}

impl ObjectKeys {
    /// Makes keys below `s3_path`.
    ///
    /// # Errors
    /// It can't begin a key.
    pub fn new(s3_path: &str) -> Result<Self, String> {
        let path = s3_path.trim_matches('/');
        Path::parse(path)
            .map_err(|_| "s3_path can't be the beginning of a key: no empty, `.` or `..` part".to_owned())?;
        Ok(Self {
            prefix: if path.is_empty() {
                String::new()
            } else {
                format!("{path}/")
            },
        })
    }

    /// Returns the key of a document. Without a day it is directly below the prefix.
    pub fn document(&self, id: &VconId, day: Option<&str>) -> Result<Path, StorageError> {
        let folder = day.map(|day| format!("{day}/")).unwrap_or_default();
        parse(&format!("{}{folder}{}.vcon", self.prefix, stored_name(id)))
    }

    /// Returns the key of the pointer: the object that names the day of the document.
    pub fn pointer(&self, id: &VconId) -> Result<Path, StorageError> {
        parse(&format!("{}lookup/{}.txt", self.prefix, stored_name(id)))
    }
}

fn parse(key: &str) -> Result<Path, StorageError> {
    Path::parse(key).map_err(|error| StorageError::Permanent(format!("s3 storage: the key is not valid: {error}")))
}
