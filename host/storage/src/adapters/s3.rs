//! Saves vCons as objects in S3, or in a service with the same protocol.
//!
//! Guarantee: the pointer of a vCon never leads to an object that is not written yet. After a save
//! that returned `Ok` the vCon has one object, and its pointer leads there.

mod keys;
mod options;

use std::sync::Arc;

use async_trait::async_trait;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error, ObjectStore as _, ObjectStoreExt as _, PutOptions, PutPayload};

use super::{Implementation, built};
use crate::day::is_day;
use crate::factory::StorageContext;
use crate::options::Options;
use crate::{Abilities, MAX_READ_BYTES, Saved, Storage, StorageError};
use keys::ObjectKeys;
use options::S3Options;
use vcon_document::json::python_text;
use vcon_document::{Form, VconId};
use vconduit_base::tls;

pub(super) const IMPLEMENTATION: Implementation = Implementation {
    options: options::OPTIONS,
    build,
};

fn build(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = S3Options::read(options)?;
    built(options, "s3_path", S3Storage::new(read))
}

/// Media type of documents.
const CONTENT_TYPE: &str = "application/vcon";
/// Maximum length of a service's response in a message, in characters.
const MAX_SHOWN_CHARS: usize = 400;

/// The S3 storage.
pub struct S3Storage {
    store: AmazonS3,
    keys: ObjectKeys,
    options: S3Options,
}

impl S3Storage {
    /// Creates a storage. It connects at its first use.
    ///
    /// # Errors
    /// The options do not fit together, or `s3_path` can't begin a key.
    pub fn new(options: S3Options) -> Result<Self, String> {
        tls::choose_provider();
        let store = options.client().map_err(|error| options.scrub(&error.to_string()))?;
        let keys = ObjectKeys::new(&options.s3_path)?;
        Ok(Self { store, keys, options })
    }

    /// Returns the day that the pointer names. None if there is no pointer, or one that holds no
    /// day.
    async fn pointer(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        let Some(text) = self.read(&self.keys.pointer(id)?).await? else {
            return Ok(None);
        };
        let day = text.trim();
        if !is_day(day) {
            tracing::warn!(storage = %self.options.shown(), vcon = %id, "the pointer holds no date and is not followed");
            return Ok(None);
        }
        Ok(Some(day.to_owned()))
    }

    async fn read(&self, key: &Path) -> Result<Option<String>, StorageError> {
        let bytes = match self.store.get(key).await {
            Ok(found) if found.meta.size > MAX_READ_BYTES => {
                return Err(StorageError::Permanent(format!(
                    "{}: {key} is larger than a document can be",
                    self.options.shown()
                )));
            }
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match bytes {
            Ok(bytes) => match String::from_utf8(bytes.into()) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(StorageError::Permanent(format!(
                    "{}: {key} is not UTF-8",
                    self.options.shown()
                ))),
            },
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failure(&error)),
        }
    }

    async fn write(&self, key: &Path, text: String, content_type: Option<&'static str>) -> Result<(), StorageError> {
        let attributes: Attributes = content_type
            .map(|kind| (Attribute::ContentType, kind))
            .into_iter()
            .collect();
        let options = PutOptions {
            attributes,
            ..PutOptions::default()
        };
        self.store
            .put_opts(key, PutPayload::from(text), options)
            .await
            .map(drop)
            .map_err(|error| self.failure(&error))
    }

    /// Deletes an object. A missing object is no error.
    async fn remove(&self, key: &Path) -> Result<(), StorageError> {
        match self.store.delete(key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    async fn exists(&self, key: &Path) -> Result<bool, StorageError> {
        match self.store.head(key).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Moves the pointer, then deletes the object that it led to before. In this order a reader
    /// always finds an object.
    async fn point_to(&self, id: &VconId, day: Option<&str>, before: Option<&str>) -> Result<(), StorageError> {
        match day {
            Some(day) if before != Some(day) => self.write(&self.keys.pointer(id)?, day.to_owned(), None).await?,
            None if before.is_some() => self.remove(&self.keys.pointer(id)?).await?,
            _ => {}
        }
        match before {
            Some(old) if day != before => self.remove(&self.keys.document(id, Some(old))?).await,
            _ => Ok(()),
        }
    }

    /// Returns the storage's error. Refusals are permanent. A service that did not respond, or
    /// responded that it has trouble, may recover.
    fn failure(&self, error: &Error) -> StorageError {
        let text = self.options.scrub(&error.to_string());
        let text: String = text
            .chars()
            .filter(|letter| !letter.is_control())
            .take(MAX_SHOWN_CHARS)
            .collect();
        let message = format!("{}: {text}", self.options.shown());
        if matches!(error, Error::Generic { .. } | Error::JoinError { .. }) && !refused(&text) {
            StorageError::Transient(message)
        } else {
            StorageError::Permanent(message)
        }
    }
}

/// Returns true if the service refused the request with a status of 4xx. The library has the status
/// in its text only. 408 and 429 ask for another try, as does the 400 of S3 for a request that
/// arrived too slowly.
fn refused(text: &str) -> bool {
    const MARK: &str = "status code: ";
    let Some((_, status)) = text.split_once(MARK) else {
        return text.contains("Received redirect without LOCATION");
    };
    status.starts_with('4')
        && !status.starts_with("408")
        && !status.starts_with("429")
        && !text.contains("RequestTimeout")
}

#[async_trait]
impl Storage for S3Storage {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: true,
            delete: true,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let day = saved.document.created_on();
        if day.is_none() && saved.document.form() == Form::Unsigned {
            let message = format!(
                "{}: the vCon has no created_at that can be read, and the key needs it",
                self.options.shown()
            );
            return Err(StorageError::Permanent(message));
        }
        let egress = self.options.egress.unwrap_or(saved.egress);
        let text = crate::prepare(saved, move |saved| python_text(&egress.apply(&saved.document))).await?;
        let key = self.keys.document(&saved.id, day.as_deref())?;
        let write = self.write(&key, text, Some(CONTENT_TYPE));
        let (before, ()) = futures::future::try_join(self.pointer(&saved.id), write).await?;
        self.point_to(&saved.id, day.as_deref(), before.as_deref()).await
    }

    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        if let Some(day) = self.pointer(id).await? {
            let found = self.read(&self.keys.document(id, Some(&day))?).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        self.read(&self.keys.document(id, None)?).await
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        let dateless = self.keys.document(id, None)?;
        let mut found = self.exists(&dateless).await?;
        if found {
            self.remove(&dateless).await?;
        }
        if let Some(day) = self.pointer(id).await? {
            self.remove(&self.keys.document(id, Some(&day))?).await?;
            // The pointer is last, so that a delete that failed can be repeated.
            self.remove(&self.keys.pointer(id)?).await?;
            found = true;
        }
        Ok(found)
    }
}
