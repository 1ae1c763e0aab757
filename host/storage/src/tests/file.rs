//! The file storage.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::servers::Folder;
use super::{ID, make, permanent, round_trip, saved, saved_as, try_build, vcon};
use crate::Storage;

fn storage(folder: &Folder, more: Value) -> Arc<dyn Storage> {
    let mut given = json!({"path": folder.0.join("vcons")});
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    make("storage.file", given)
}

/// Returns all files below `vcons`, as sorted paths relative to it.
fn files(folder: &Folder) -> Vec<String> {
    fn walk(base: &Path, at: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(base, &path, found);
            } else {
                found.push(path.strip_prefix(base).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let base = folder.0.join("vcons");
    let mut found = Vec::new();
    walk(&base, &base, &mut found);
    found.sort();
    found
}

fn mode(path: PathBuf) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn a_document_is_saved_read_and_deleted() {
    let folder = Folder::new();
    round_trip(&*storage(&folder, json!({}))).await;
    round_trip(&*storage(&folder, json!({"compression": true}))).await;
    round_trip(&*storage(&folder, json!({"organize_by_date": false}))).await;
}

#[tokio::test]
async fn a_file_lies_in_the_folder_of_its_day_in_the_written_offset() {
    let folder = Folder::new();
    storage(&folder, json!({}))
        .save(&saved("2024-01-01T01:00:00+05:00"))
        .await
        .unwrap();
    assert_eq!(files(&folder), [format!("2024/01/01/{ID}.json")]);
    let text = std::fs::read_to_string(folder.0.join("vcons/2024/01/01").join(format!("{ID}.json"))).unwrap();
    assert!(text.starts_with("{\"vcon\": \"0.4.0\", \"uuid\": "), "{text}");
    assert!(
        text.contains("\"subject\": \"Gr\\u00f6\\u00dfe\", ") && text.ends_with("}]}"),
        "{text}"
    );
}

#[tokio::test]
async fn documents_are_found_across_settings_with_and_without_a_date() {
    let folder = Folder::new();
    let zipped = storage(&folder, json!({"compression": true}));
    zipped.save(&saved("2024-02-03T04:05:06Z")).await.unwrap();
    assert_eq!(files(&folder), [format!("2024/02/03/{ID}.json.gz")]);
    let plain = storage(&folder, json!({}));
    let found: Value = serde_json::from_str(&plain.get(&super::id(ID)).await.unwrap().unwrap()).unwrap();
    assert_eq!(found, vcon(ID, "2024-02-03T04:05:06Z"));
    let mut dateless = vcon(ID, "");
    dateless.as_object_mut().unwrap().remove("created_at");
    for document in [vcon(ID, "last tuesday"), dateless] {
        plain.save(&saved_as(ID, &document)).await.unwrap();
        assert_eq!(files(&folder), [format!("{ID}.json")]);
    }
}

#[tokio::test]
async fn max_file_size_counts_the_bytes_of_the_written_text() {
    let folder = Folder::new();
    let document = saved("2024-01-01T00:00:00Z");
    let length = vcon_document::json::python_text(&document.text).len();
    storage(&folder, json!({"max_file_size": length}))
        .save(&document)
        .await
        .unwrap();
    let other = Folder::new();
    let message = permanent(
        storage(&other, json!({"max_file_size": length - 1}))
            .save(&document)
            .await,
    );
    assert!(message.contains("max_file_size"), "{message}");
    assert!(!other.0.join("vcons").exists());
}

#[tokio::test]
async fn a_delete_removes_empty_folders_of_days_but_never_the_base() {
    let folder = Folder::new();
    let storage = storage(&folder, json!({}));
    let other = "018f2a3b-0000-8000-8000-0000000000bb";
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    storage
        .save(&saved_as(other, &vcon(other, "2024-01-02T00:00:00Z")))
        .await
        .unwrap();
    assert!(storage.delete(&super::id(ID)).await.unwrap());
    assert!(!folder.0.join("vcons/2024/01/01").exists());
    assert!(folder.0.join("vcons/2024/01/02").exists());
    assert!(storage.delete(&super::id(other)).await.unwrap());
    assert!(!folder.0.join("vcons/2024").exists() && folder.0.join("vcons").exists());
}

#[tokio::test]
async fn file_modes_are_read_in_every_spelling() {
    for (given, expected) in [
        (json!("0o640"), 0o640),
        (json!("0640"), 0o640),
        (json!("640"), 0o640),
        (json!(0o640), 0o640),
        (json!(640), 0o640),
    ] {
        let folder = Folder::new();
        let before = mode(folder.0.clone());
        std::fs::create_dir(folder.0.join("vcons")).unwrap();
        let base = mode(folder.0.join("vcons"));
        let storage = storage(&folder, json!({"file_permissions": given, "dir_permissions": "0750"}));
        storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
        assert_eq!(
            mode(folder.0.join(format!("vcons/2024/01/01/{ID}.json"))),
            expected,
            "{given}"
        );
        assert_eq!(mode(folder.0.join("vcons/2024/01")), 0o750);
        assert_eq!((mode(folder.0.clone()), mode(folder.0.join("vcons"))), (before, base));
    }
    for bad in [json!("rw-r--r--"), json!(99999), json!(-1), json!(6.5), json!([6])] {
        let problems = try_build("storage.file", json!({"file_permissions": bad}), None)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(problems[0].option, "file_permissions");
    }
}

#[tokio::test]
async fn an_existing_folder_keeps_its_mode() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("vcons/2024")).unwrap();
    std::fs::set_permissions(folder.0.join("vcons/2024"), std::fs::Permissions::from_mode(0o700)).unwrap();
    storage(&folder, json!({}))
        .save(&saved("2024-01-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(mode(folder.0.join("vcons/2024")), 0o700);
    assert_eq!(mode(folder.0.join("vcons/2024/01")), 0o755);
}

#[tokio::test]
async fn one_file_remains_when_date_or_settings_change() {
    let folder = Folder::new();
    storage(&folder, json!({}))
        .save(&saved("2024-01-01T00:00:00Z"))
        .await
        .unwrap();
    storage(&folder, json!({}))
        .save(&saved("2023-05-06T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(files(&folder), [format!("2023/05/06/{ID}.json")]);
    storage(&folder, json!({"compression": true}))
        .save(&saved("2023-05-06T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(files(&folder), [format!("2023/05/06/{ID}.json.gz")]);
    storage(&folder, json!({"organize_by_date": false}))
        .save(&saved("2023-05-06T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(files(&folder), [format!("{ID}.json")]);
    assert!(!folder.0.join("vcons/2023").exists());
}

#[tokio::test]
async fn ids_cannot_lead_out_of_the_folder() {
    let folder = Folder::new();
    let storage = storage(&folder, json!({}));
    for uuid in ["../../outside", "..", "a/b", "*", "x".repeat(500).as_str()] {
        storage
            .save(&saved_as(uuid, &vcon(uuid, "2024-01-01T00:00:00Z")))
            .await
            .unwrap();
        assert!(storage.get(&super::id(uuid)).await.unwrap().unwrap().contains(uuid));
        assert!(storage.delete(&super::id(uuid)).await.unwrap(), "{uuid}");
    }
    assert!(files(&folder).is_empty());
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_of_another_host_is_not_mistaken_for_the_newest() {
    let folder = Folder::new();
    let (here, there) = (storage(&folder, json!({})), storage(&folder, json!({})));
    here.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    there.save(&saved("2023-05-06T00:00:00Z")).await.unwrap();
    here.save(&saved("2022-02-02T00:00:00Z")).await.unwrap();
    assert!(here.get(&super::id(ID)).await.unwrap().unwrap().contains("2022-02-02"));
    assert!(there.get(&super::id(ID)).await.unwrap().unwrap().contains("2022-02-02"));
    assert!(here.delete(&super::id(ID)).await.unwrap());
    assert!(files(&folder).is_empty());
    there.save(&saved("2023-05-06T00:00:00Z")).await.unwrap();
    assert_eq!(files(&folder), [format!("2023/05/06/{ID}.json")]);
}
