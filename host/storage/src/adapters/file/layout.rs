//! Where a vCon's file lies, and where it may lie from before.
//!
//! Guarantee: paths are made of the base folder, a checked day and a checked name only. Finding a file costs one look per existing day,
//! not one per file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::FileOptions;
use crate::day::is_day;
use crate::stored_name::stored_name;
use vcon_document::Document;
use vcon_document::VconId;

const PLAIN: &str = ".json";
const GZIPPED: &str = ".json.gz";

/// The name of a vCon's file.
pub fn file_name(options: &FileOptions, id: &VconId) -> String {
    let suffix = if options.compression { GZIPPED } else { PLAIN };
    format!("{}{suffix}", stored_name(id))
}

/// The folder, seen from the base, that a document's file belongs into; empty for the base itself.
pub fn folder(options: &FileOptions, document: &Document) -> PathBuf {
    let day = options.organize_by_date.then(|| document.created_on()).flatten();
    day.filter(|day| is_day(day)).map(PathBuf::from).unwrap_or_default()
}

/// What a file's name says of the id; nothing if it isn't a vCon's file.
pub fn stem(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(GZIPPED).or_else(|| name.strip_suffix(PLAIN))?;
    (!stem.starts_with('.')).then_some(stem)
}

/// Whether a file is compressed.
pub fn is_gzipped(path: &Path) -> bool {
    path.to_string_lossy().ends_with(GZIPPED)
}

/// Every file of a vCon with its stamp, the newest first. More than one is the trace of a save that broke off, or is under way.
pub fn find(options: &FileOptions, id: &VconId) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut found = Vec::new();
    for path in places(options, id)? {
        match fs::metadata(&path) {
            Ok(about) if about.is_file() => found.push((about.modified()?, path)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_unstable_by(|left, right| right.cmp(left));
    Ok(found)
}

/// Every place where a file of this vCon may lie.
fn places(options: &FileOptions, id: &VconId) -> io::Result<Vec<PathBuf>> {
    let folders = folders(&options.path)?;
    let names = [PLAIN, GZIPPED].map(|suffix| format!("{}{suffix}", stored_name(id)));
    Ok(names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .collect())
}

/// The base and its `YYYY/MM/DD` folders.
pub fn folders(base: &Path) -> io::Result<Vec<PathBuf>> {
    let mut days = vec![base.to_owned()];
    for year in numbered(base, 4)? {
        for month in numbered(&year, 2)? {
            days.extend(numbered(&month, 2)?);
        }
    }
    Ok(days)
}

/// The sub-folders whose names are this many digits. A folder that is not there, or goes away meanwhile, has none.
fn numbered(folder: &Path, digits: usize) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit()) && entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
