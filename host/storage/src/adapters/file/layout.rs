//! Paths of a vCon's file: the present path, and those under earlier settings.
//!
//! Guarantee: a path consists of the base folder, a checked day and a checked name. Finding a file
//! costs one look for each day that exists, not one for each file.

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

/// Returns the name of a vCon's file.
pub fn file_name(options: &FileOptions, id: &VconId) -> String {
    let suffix = if options.compression { GZIPPED } else { PLAIN };
    format!("{}{suffix}", stored_name(id))
}

/// Returns the folder of a document's file, relative to the base. It is empty for the base itself.
pub fn folder(options: &FileOptions, document: &Document) -> PathBuf {
    let day = options.organize_by_date.then(|| document.created_on()).flatten();
    day.filter(|day| is_day(day)).map(PathBuf::from).unwrap_or_default()
}

/// Returns the part of a file's name that stands for the id. None if it is not the file of a vCon.
pub fn stem(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(GZIPPED).or_else(|| name.strip_suffix(PLAIN))?;
    (!stem.starts_with('.')).then_some(stem)
}

/// Returns true for a compressed file.
pub fn is_gzipped(path: &Path) -> bool {
    path.to_string_lossy().ends_with(GZIPPED)
}

/// Returns all files of a vCon with their modification times, the newest first. There is more than
/// one during a save, and after a save that ended early.
pub fn find(options: &FileOptions, id: &VconId) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut found = Vec::new();
    for path in paths(options, id)? {
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

/// Returns all paths that a file of this vCon may have.
fn paths(options: &FileOptions, id: &VconId) -> io::Result<Vec<PathBuf>> {
    let folders = folders(&options.path)?;
    let names = [PLAIN, GZIPPED].map(|suffix| format!("{}{suffix}", stored_name(id)));
    Ok(names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .collect())
}

/// Returns the base and its `YYYY/MM/DD` folders.
pub fn folders(base: &Path) -> io::Result<Vec<PathBuf>> {
    let mut days = vec![base.to_owned()];
    for year in numbered(base, 4)? {
        for month in numbered(&year, 2)? {
            days.extend(numbered(&month, 2)?);
        }
    }
    Ok(days)
}

/// Returns the subfolders whose names have this many digits. A folder that does not exist has none.
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
