//! Saves, reads and deletes files, on blocking threads.
//!
//! Guarantee: an error says whether a retry can help, and names the folder.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::index::Index;
use super::{FileOptions, layout, write};
use crate::{MAX_READ_BYTES, Saved, StorageError};
use vcon_document::VconId;
use vcon_document::json::python_text;

/// Writes the file, then removes files that earlier settings or an earlier `created_at` left under
/// other names.
pub fn save(options: &FileOptions, index: &Index, saved: &Saved, given_up: &AtomicBool) -> Result<(), StorageError> {
    let text = python_text(&saved.text);
    let limit = options.max_file_size;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit {
        let message = format!(
            "file storage {}: {} bytes are more than max_file_size {limit}",
            options.path.display(),
            text.len()
        );
        return Err(StorageError::Permanent(message));
    }
    let failed = |error| failure(options, "save", &error);
    let bytes = if options.compression {
        gzip(&text).map_err(failed)?
    } else {
        text.into_bytes()
    };
    let name = layout::file_name(options, &saved.id);
    let target = write::write(
        options,
        &layout::folder(options, &saved.document),
        &name,
        &bytes,
        given_up,
    )
    .map_err(failed)?;
    if index.replace(&options.path, &target)
        && let Err(error) = remove_older(options, saved, &target)
    {
        index.doubt(&options.path, &target);
        return Err(failed(error));
    }
    Ok(())
}

/// Removes files that are older than the one just written. A newer file comes from another host
/// that saved meanwhile, and that host removes this one. So two hosts never remove each other's
/// newest file.
fn remove_older(options: &FileOptions, saved: &Saved, target: &Path) -> io::Result<()> {
    let found = layout::find(options, &saved.id)?;
    for (_, stale) in found.iter().skip_while(|(_, path)| path != target).skip(1) {
        write::remove(&options.path, stale)?;
    }
    Ok(())
}

/// Reads the newest file.
pub fn get(options: &FileOptions, id: &VconId) -> Result<Option<String>, StorageError> {
    let failed = |error| failure(options, "get", &error);
    for (_, path) in layout::find(options, id).map_err(failed)? {
        match read(&path) {
            // Another process moved the file after it was found.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => return result.map(Some).map_err(failed),
        }
    }
    Ok(None)
}

/// Deletes all files of the vCon. Returns false if there was none.
pub fn delete(options: &FileOptions, index: &Index, id: &VconId) -> Result<bool, StorageError> {
    let failed = |error| failure(options, "delete", &error);
    let mut removed = false;
    for (_, path) in layout::find(options, id).map_err(failed)? {
        index.doubt(&options.path, &path);
        removed |= write::remove(&options.path, &path).map_err(failed)?;
    }
    Ok(removed)
}

fn gzip(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let mut text = String::new();
    let length = if layout::is_gzipped(path) {
        MultiGzDecoder::new(file)
            .take(MAX_READ_BYTES + 1)
            .read_to_string(&mut text)?
    } else {
        file.take(MAX_READ_BYTES + 1).read_to_string(&mut text)?
    };
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_READ_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is larger than a document can be",
        ));
    }
    Ok(text)
}

/// Returns the storage's error. Refusals of the system are permanent. A full disk, a busy device or
/// an unavailable network share may recover.
fn failure(options: &FileOptions, action: &str, error: &io::Error) -> StorageError {
    use io::ErrorKind::{
        FileTooLarge, InvalidData, InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound,
        PermissionDenied, ReadOnlyFilesystem, UnexpectedEof,
    };
    let message = format!("file storage {}: {action}: {error}", options.path.display());
    match error.kind() {
        PermissionDenied | ReadOnlyFilesystem | NotADirectory | IsADirectory | InvalidFilename | InvalidInput
        | InvalidData | NotFound | FileTooLarge | UnexpectedEof => StorageError::Permanent(message),
        _ => StorageError::Transient(message),
    }
}
