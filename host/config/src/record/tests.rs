//! Tests of a link's record: versions, what is active, what was before.

use serde_json::json;

use super::*;

fn version(text: &str) -> VersionRecord {
    VersionRecord {
        digest: Digest::of(text.as_bytes()),
        at_ms: 1,
        by: "anna".to_owned(),
        note: String::new(),
        size_bytes: 1,
        grants: None,
        held: None,
        signed_by: None,
    }
}

fn with(texts: &[&str]) -> LinkRecord {
    let mut record = LinkRecord::default();
    for text in texts {
        assert_eq!(record.add(version(text)), Ok(true));
    }
    record
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

#[test]
fn the_same_bytes_again_change_nothing() {
    let mut record = with(&["a"]);
    assert_eq!(record.add(version("a")), Ok(false));
    assert_eq!(record.versions.len(), 1);
}

#[test]
fn a_rollback_goes_back_step_by_step_and_no_further() {
    let mut record = with(&["a", "b", "c"]);
    for text in ["a", "b", "c"] {
        assert_eq!(record.activate(&digest(text)), Ok(true));
    }
    assert_eq!(record.activate(&digest("c")), Ok(false), "it is active already");
    record.roll_back(false).unwrap();
    assert_eq!(record.active, Some(digest("b")));
    record.remove(&digest("a")).unwrap();
    assert_eq!(
        record.roll_back(false),
        Err(RecordError::NothingBefore),
        "a deleted version was brought back"
    );
    assert_eq!(
        record.active,
        Some(digest("b")),
        "a rollback that failed changed something"
    );
}

#[test]
fn a_rollback_leads_to_the_configured_component_if_there_is_one() {
    let mut record = with(&["a"]);
    record.activate(&digest("a")).unwrap();
    let mut other = record.clone();
    record.roll_back(true).unwrap();
    assert_eq!(record.active, None);
    assert_eq!(other.roll_back(false), Err(RecordError::NothingBefore));
}

#[test]
fn what_is_held_is_not_activated_until_somebody_decides() {
    let mut record = LinkRecord::default();
    let held = VersionRecord {
        held: Some("it wants http".to_owned()),
        ..version("a")
    };
    record.add(held).unwrap();
    assert!(matches!(record.activate(&digest("a")), Err(RecordError::Held { .. })));
    record.grant(&digest("a"), Map::new()).unwrap();
    assert_eq!(record.activate(&digest("a")), Ok(true));
}

#[test]
fn the_active_version_stays_and_the_others_can_go() {
    let mut record = with(&["a", "b"]);
    record.activate(&digest("a")).unwrap();
    assert_eq!(record.remove(&digest("a")), Err(RecordError::Active(digest("a"))));
    record.remove(&digest("b")).unwrap();
    assert!(matches!(record.remove(&digest("b")), Err(RecordError::NoVersion(_))));
}

#[test]
fn a_version_is_found_by_the_beginning_of_its_digest() {
    let record = with(&["a", "b"]);
    let whole = digest("a").to_string();
    assert_eq!(record.find(&whole).unwrap().digest, digest("a"));
    assert_eq!(
        record.find(&format!("sha256:{}", &whole[..6])).unwrap().digest,
        digest("a")
    );
    assert!(record.find(&whole[..5]).is_err(), "five digits are too few");
    assert!(matches!(record.find("ffffff00"), Err(RecordError::NoVersion(_))));
}

#[test]
fn the_record_is_laid_over_the_configuration() {
    let mut record = with(&["a"]);
    let entry = json!({"module": "links.tag", "options": {"tags": ["x"]}, "grants": {"http": ["a.com"]}});
    assert_eq!(
        record.over(Some(&entry)),
        Some(entry.clone()),
        "nothing is active, nothing changes"
    );
    assert_eq!(record.over(None), None);
    record.activate(&digest("a")).unwrap();
    record.limits = serde_json::from_value(json!({"cpu_ms": 5})).unwrap();
    let component = format!("sha256:{}", digest("a"));
    assert_eq!(
        record.over(Some(&entry)),
        Some(json!({
            "module": "links.tag", "options": {"tags": ["x"]}, "grants": {}, "component": component,
            "limits": {"cpu_ms": 5}
        })),
        "grants are those of the version, not of what was there before"
    );
}
