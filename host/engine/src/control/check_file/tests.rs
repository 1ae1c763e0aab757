//! Tests of the check of a file.

use std::sync::Arc;

use super::*;
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_storage::factory::StorageContext;

async fn checked(text: &str) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yml");
    std::fs::write(&file, text).unwrap();
    let sandbox = Sandbox::new(SandboxSettings::default()).unwrap();
    let storages = StorageContext {
        redis_url: None,
        data_dir: folder.path().to_owned(),
        secrets: Arc::new(|_| None),
    };
    check_file(&file, &Registry::without_store(sandbox, storages))
        .await
        .unwrap()
}

/// Each problem as severity, line and path.
fn found(checked: &Checked) -> Vec<(Severity, usize, &str)> {
    let problems = checked.problems.iter();
    problems
        .map(|problem| (problem.severity, problem.line, problem.path.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_run_is_an_error_with_its_line() {
    let text = "\
chains:
  a: {links: [t, {u: {tags: 7}}], ingress_lists: [i]}
links:
  t: {module: links.tag, options: {tags: 5}}
  u: {module: links.tag, options: {tags: [x]}}
  gone: {component: gone.wasm}
storages:
  pg: {module: storage.postgres, options: {port: x}}
";
    let checked = checked(text).await;
    assert!(checked.config.is_none(), "a host could not start with it");
    let wanted = [
        (Severity::Error, 2, "chains.a.links[1]"),
        (Severity::Error, 4, "links.t"),
        (Severity::Error, 6, "links.gone"),
        (Severity::Error, 8, "storages.pg"),
    ];
    assert_eq!(found(&checked), wanted, "{:#?}", checked.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_server_can_judge_is_reported_as_not_checked() {
    let text = format!(
        "\
links:
  t: {{component: 'sha256:{}'}}
storages:
  copies: {{module: storage.redis_storage}}
  pg: {{module: storage.postgres, options: {{password: '{{{{secret:PG}}}}', user: u, host: h, database: d}}}}
",
        "ab".repeat(32)
    );
    let checked = checked(&text).await;
    assert!(checked.config.is_some(), "{:#?}", checked.problems);
    let wanted = [
        (Severity::Warning, 2, "links.t"),
        (Severity::Warning, 4, "storages.copies"),
        (Severity::Warning, 5, "storages.pg"),
    ];
    assert_eq!(found(&checked), wanted, "{:#?}", checked.problems);
    assert!(
        checked
            .problems
            .iter()
            .all(|problem| problem.hint.contains("not checked"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_no_grant_can_follow_from_is_a_warning_with_its_line() {
    let text = "\
links:
  hook:
    module: links.webhook
    options:
      webhook-urls:
        - https://a.com/x
        - nonsense
";
    let checked = checked(text).await;
    assert!(checked.config.is_some(), "{:#?}", checked.problems);
    let wanted = [(Severity::Warning, 7, "links.hook.options.webhook-urls[1]")];
    assert_eq!(found(&checked), wanted, "{:#?}", checked.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_run_has_no_problems() {
    let text = "\
chains:
  a: {links: [t], ingress_lists: [i], storages: [disk]}
links:
  t: {module: links.tag, options: {tags: [x]}}
storages:
  disk: {module: storage.file}
";
    let checked = checked(text).await;
    assert!(checked.config.is_some());
    assert_eq!(found(&checked), []);
}
