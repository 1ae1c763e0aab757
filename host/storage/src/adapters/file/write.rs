//! Writing one file so that it is there whole or not at all.
//!
//! Guarantee: after `Ok` the file and every folder made for it survive a power cut; after an error the old file, if any, is unharmed.
//!
//! Not `tempfile` or `atomic-write-file`: this also syncs every folder that it makes, sets the
//! modification time that puts saves in order, and stops before the rename if the save was given
//! up.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::FileOptions;

/// A folder may be removed as empty between its making and its use; how often to start again.
const TRIES: usize = 5;

/// Writes `bytes` to `folder/name` below the base folder, and answers its path.
pub fn write(
    options: &FileOptions,
    folder: &Path,
    name: &str,
    bytes: &[u8],
    given_up: &AtomicBool,
) -> io::Result<PathBuf> {
    let mut tries = 1;
    loop {
        match write_once(options, folder, name, bytes, given_up) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => tries += 1,
            result => return result,
        }
    }
}

fn write_once(
    options: &FileOptions,
    folder: &Path,
    name: &str,
    bytes: &[u8],
    given_up: &AtomicBool,
) -> io::Result<PathBuf> {
    make_folders(&options.path, folder, options.dir_permissions)?;
    let folder = options.path.join(folder);
    let target = folder.join(name);
    let temporary = Temporary(folder.join(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple())));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(options.file_permissions)
        .open(&temporary.0)?;
    file.write_all(bytes)?;
    // Again, because the process's umask takes bits away from the mode given to open.
    file.set_permissions(Permissions::from_mode(options.file_permissions))?;
    // The file system's own stamps are coarse; saves of one vCon under two names are put in order by this one.
    file.set_modified(SystemTime::now())?;
    file.sync_all()?;
    if given_up.load(Ordering::Acquire) {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "given up before the file was in place",
        ));
    }
    fs::rename(&temporary.0, &target)?;
    sync_folder(&folder)?;
    Ok(target)
}

/// Removed when it goes out of scope; after the rename there is nothing left under that name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes the missing folders. Only those made here, below the base, get the mode; the base and what is above belong to the operator.
fn make_folders(base: &Path, folder: &Path, mode: u32) -> io::Result<()> {
    fs::create_dir_all(base)?;
    let mut current = base.to_owned();
    for part in folder.components() {
        let Component::Normal(part) = part else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a folder name that leads elsewhere",
            ));
        };
        let parent = current.clone();
        current.push(part);
        match fs::create_dir(&current) {
            Ok(()) => {
                fs::set_permissions(&current, Permissions::from_mode(mode))?;
                sync_folder(&parent)?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Removes a file, then the folders that it leaves empty, up to but without the base. False if the file was gone already.
pub fn remove(base: &Path, path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    for folder in path.ancestors().skip(1) {
        let inside = folder.starts_with(base) && folder != base;
        // A folder that still holds something refuses, which is what ends the climb.
        if !inside || fs::remove_dir(folder).is_err() {
            sync_folder(folder)?;
            break;
        }
    }
    Ok(true)
}

/// Makes the entries of a folder durable. A folder that another removal took away meanwhile needs none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
