//! The file storage on disks that fail, and with many writers.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::servers::Folder;
use super::{ID, make, permanent, saved, saved_as, transient, vcon};
use crate::Storage;

#[tokio::test]
async fn a_folder_that_can_not_be_created_is_a_permanent_error() {
    // Not even root can create folders there.
    let storage = make("storage.file", json!({"path": "/proc/sys/vcons"}));
    let message = permanent(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(message.contains("/proc/sys/vcons"), "{message}");
}

#[tokio::test]
async fn a_file_in_the_place_of_a_folder_is_a_permanent_error() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("2024"), "").unwrap();
    let storage = make("storage.file", json!({"path": folder.0}));
    permanent(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
}

/// A small disk, mounted for a test. `new` returns none if the system does not let tests mount.
struct Disk(Folder);

impl Disk {
    fn new(options: &str) -> Option<Self> {
        let folder = Folder::new();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&folder.0)
            .output()
            .ok()?;
        if !done.status.success() {
            eprintln!("this system does not let tests mount: a fault of the disk is not tested");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        &self.0.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0.0).output();
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_whole() {
    let Some(disk) = Disk::new("size=64k") else {
        return;
    };
    let storage = make("storage.file", json!({"path": disk.path()}));
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    let mut large = vcon(ID, "2024-01-01T00:00:00Z");
    large["subject"] = json!("x".repeat(100_000));
    transient(storage.save(&saved_as(ID, &large)).await);
    let text = storage.get(&super::id(ID)).await.unwrap().unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        vcon(ID, "2024-01-01T00:00:00Z")
    );
    let left = std::fs::read_dir(disk.path().join("2024/01/01")).unwrap().count();
    assert_eq!(left, 1, "a temporary file remains");
}

#[tokio::test]
async fn a_read_only_disk_is_a_permanent_error() {
    let Some(disk) = Disk::new("ro,size=64k") else {
        return;
    };
    let storage = make("storage.file", json!({"path": disk.path()}));
    permanent(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert_eq!(storage.get(&super::id(ID)).await.unwrap(), None);
}

#[tokio::test]
async fn a_broken_archive_is_an_error_not_an_absence() {
    let folder = Folder::new();
    std::fs::write(folder.0.join(format!("{ID}.json.gz")), "no gzip").unwrap();
    let storage = make("storage.file", json!({"path": folder.0}));
    permanent(storage.get(&super::id(ID)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_whole_files_while_many_write() {
    let folder = Folder::new();
    let storage: Arc<dyn Storage> = make("storage.file", json!({"path": folder.0}));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move {
                for round in 0..20 {
                    let mut document = vcon(ID, &format!("2024-01-0{}T00:00:00Z", 1 + (writer + round) % 3));
                    document["subject"] = json!("x".repeat(1 + 20_000 * (round % 2)));
                    storage.save(&saved_as(ID, &document)).await.unwrap();
                }
            })
        })
        .collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        if let Some(text) = storage.get(&super::id(ID)).await.unwrap() {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(storage.get(&super::id(ID)).await.unwrap().is_some());
    assert!(storage.delete(&super::id(ID)).await.unwrap());
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
}
