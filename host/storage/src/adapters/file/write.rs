//! Writes a file so that it exists as a whole or not at all.
//!
//! Guarantee: after `Ok` the file and every folder created for it survive a power cut. After an
//! error the old file, if any, is unharmed.
//!
//! Not `tempfile` or `atomic-write-file`: this also syncs every folder that it creates, sets the
//! modification time that puts saves in order, and stops before the rename if nobody waits for the
//! save any more.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::FileOptions;

/// Maximum number of tries of one write. Another delete may remove a folder as empty between its
/// creation and its use.
const MAX_TRIES: usize = 5;

/// Writes `bytes` to `folder/name` below the base folder. Returns the path of the file.
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
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < MAX_TRIES => tries += 1,
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
    // Set again, because the umask of the process takes bits away from the mode given to open.
    file.set_permissions(Permissions::from_mode(options.file_permissions))?;
    // The file system's own times are coarse. This one puts saves of a vCon under two names in
    // order.
    file.set_modified(SystemTime::now())?;
    file.sync_all()?;
    if given_up.load(Ordering::Acquire) {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "nobody waits for the save any more",
        ));
    }
    fs::rename(&temporary.0, &target)?;
    sync_folder(&folder)?;
    Ok(target)
}

/// A file that is removed when it goes out of scope. After the rename no file has this name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Creates the missing folders. Only those below the base get the mode. The base and the folders
/// above belong to the operator.
fn make_folders(base: &Path, folder: &Path, mode: u32) -> io::Result<()> {
    fs::create_dir_all(base)?;
    let mut current = base.to_owned();
    for part in folder.components() {
        let Component::Normal(part) = part else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the folder is not below the base",
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

/// Removes a file, then the folders that it leaves empty, up to but without the base. Returns false
/// if there was no file.
pub fn remove(base: &Path, path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    for folder in path.ancestors().skip(1) {
        let inside = folder.starts_with(base) && folder != base;
        // A folder that is not empty can't be removed. Its parents are not tried.
        if !inside || fs::remove_dir(folder).is_err() {
            sync_folder(folder)?;
            break;
        }
    }
    Ok(true)
}

/// Makes the entries of a folder durable. A folder that was removed meanwhile has none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
