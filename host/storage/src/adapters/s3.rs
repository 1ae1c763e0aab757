//! Objects in S3 and what speaks its protocol (`spec/storages.md` §3.3).
//!
//! Guarantee: the pointer never leads to an object that isn't written yet; after a save that answered `Ok` there is one object per vCon and
//! the pointer leads to it.

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
use keys::Keys;
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

/// The media type of documents.
const CONTENT_TYPE: &str = "application/vcon";
/// The longest part of a service's answer that goes into a message.
const SHOWN_CHARACTERS: usize = 400;

/// The adapter.
pub struct S3Storage {
    store: AmazonS3,
    keys: Keys,
    options: S3Options,
}

impl S3Storage {
    /// Makes it; connects to nothing yet.
    ///
    /// # Errors
    /// What is wrong with the options as a whole.
    pub fn new(options: S3Options) -> Result<Self, String> {
        tls::choose_provider();
        let store = options.client().map_err(|error| options.scrub(&error.to_string()))?;
        let keys = Keys::new(&options.s3_path)?;
        Ok(Self { store, keys, options })
    }

    /// The day that the pointer names; nothing if there is no pointer, or not one of ours.
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

    /// Removes an object; that it is gone already is no fault.
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

    /// Moves the pointer, then removes the object that it led to before: in this order, so that a reader always finds one.
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

    /// Refusals are permanent; what didn't answer, or answered that it is in trouble, may pass.
    fn failure(&self, error: &Error) -> StorageError {
        let text = self.options.scrub(&error.to_string());
        let text: String = text
            .chars()
            .filter(|letter| !letter.is_control())
            .take(SHOWN_CHARACTERS)
            .collect();
        let message = format!("{}: {text}", self.options.shown());
        if matches!(error, Error::Generic { .. } | Error::JoinError { .. }) && !refused(&text) {
            StorageError::Transient(message)
        } else {
            StorageError::Permanent(message)
        }
    }
}

/// Whether the service answered 4xx. The library keeps the status in its text only; 408 and 429 ask for another try, and so does the
/// 400 by which S3 says that a request came in too slowly.
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
            // Last, so that a delete that broke off can be repeated.
            self.remove(&self.keys.pointer(id)?).await?;
            found = true;
        }
        Ok(found)
    }
}
