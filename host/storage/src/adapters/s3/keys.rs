//! Where objects lie.
//!
//! Guarantee: the keys are those of `spec/storages.md` §3.3 for UUIDs; other ids are encoded, so that none reaches outside `s3_path`.

use object_store::path::Path;

use crate::StorageError;
use crate::stored_name::stored_name;
use vcon_document::VconId;

/// Makes keys.
#[derive(Debug)]
pub struct Keys {
    /// Empty, or ending in `/`.
    prefix: String,
}

impl Keys {
    /// Takes `s3_path`.
    ///
    /// # Errors
    /// When it can't begin a key.
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

    /// The document's object; without a day it lies directly below the prefix.
    pub fn document(&self, id: &VconId, day: Option<&str>) -> Result<Path, StorageError> {
        let folder = day.map(|day| format!("{day}/")).unwrap_or_default();
        parse(&format!("{}{folder}{}.vcon", self.prefix, stored_name(id)))
    }

    /// The object that says which day the document lies under.
    pub fn pointer(&self, id: &VconId) -> Result<Path, StorageError> {
        parse(&format!("{}lookup/{}.txt", self.prefix, stored_name(id)))
    }
}

fn parse(key: &str) -> Result<Path, StorageError> {
    Path::parse(key).map_err(|error| StorageError::Permanent(format!("s3 storage: not a key: {error}")))
}
