//! Links as authors build them, where they have been built (`VCONDUIT_TEST_LINKS` names their directory).

use std::path::PathBuf;
use std::sync::Arc;

use super::support::{call, sandbox};
use crate::sandbox::{Compiled, Outcome, World};

async fn link(name: &str) -> Option<Arc<Compiled>> {
    let path = PathBuf::from(std::env::var_os("VCONDUIT_TEST_LINKS")?).join(name).with_extension("wasm");
    Some(sandbox().compile(std::fs::read(path).ok()?).await.unwrap())
}

#[tokio::test]
async fn tag_adds_its_tags_as_edits() {
    let Some(tag) = link("tag").await else { return };
    assert_eq!((tag.world, tag.description().name.as_str()), (World::Link, "tag"));
    let mut call = call(&tag);
    call.options = r#"{"tags":["a","b"]}"#.into();
    let report = sandbox().call(call).await;
    assert_eq!(report.result, Ok(Outcome::Next), "{:?}", report.log);
    assert_eq!(report.document.unwrap().tags().unwrap(), ["a:a", "b:b"]);
    assert!(!report.edits.is_empty());
}

#[tokio::test]
async fn options_that_do_not_fit_are_the_links_own_failure() {
    let Some(tag) = link("tag").await else { return };
    let mut call = call(&tag);
    call.options = r#"{"tags":5}"#.into();
    let report = sandbox().call(call).await;
    assert_eq!(report.result.unwrap_err().class(), "options");
}
