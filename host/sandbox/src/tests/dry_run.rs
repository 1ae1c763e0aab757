//! Tests of dry runs: what the report shows, and that nothing is changed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::guests::{link, logger};
use super::support::{UUID, VCON, compiled, limits, sandbox};
use crate::Compiled;
use crate::call::{CreateError, DocumentAccess};
use crate::dry_run::{Deed, DryDocuments, DryRun, DryRunError, OtherVcon, dry_run};
use crate::probe::NoDocuments;
use vcon_document::{EgressFormat, Text, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::{LinkName, SecretName};
use vconduit_policy::Grants;

fn run_of(component: &Arc<Compiled>) -> DryRun {
    DryRun {
        component: Arc::clone(component),
        link: LinkName::new("test").unwrap(),
        options: "{}".into(),
        document: VCON.into(),
        grants: Arc::new(Grants::default()),
        limits: limits(),
        secrets: Arc::new(Secrets::default()),
        documents: Arc::new(NoDocuments),
        egress: EgressFormat::default(),
    }
}

async fn report(run: DryRun) -> Value {
    serde_json::to_value(dry_run(&sandbox(), run).await.unwrap()).unwrap()
}

#[tokio::test]
async fn each_outcome_is_reported_with_its_details() {
    for (case, expected) in [
        (0, json!({"kind": "next"})),
        (1, json!({"kind": "stop", "reason": "people"})),
        (2, json!({"kind": "switch", "id": "people"})),
        (3, json!({"kind": "hand_off", "list": "people"})),
    ] {
        let component = compiled(&link(
            "people",
            &format!("(func $run (call $answer (i32.const {case})))"),
        ))
        .await;
        let grants = Grants {
            queues: vec!["people".to_owned()],
            read: true,
            ..Grants::default()
        };
        let report = report(DryRun {
            grants: Arc::new(grants),
            ..run_of(&component)
        })
        .await;
        assert_eq!(report["outcome"], expected);
        assert_eq!(report["failure"], Value::Null);
        assert_eq!(report["patch"], json!([]));
    }
}

#[tokio::test]
async fn a_failure_is_reported_with_its_class_and_message() {
    let component = compiled(&link("no luck", "(func $run (call $answer (i32.const 4)))")).await;
    let report = report(run_of(&component)).await;
    assert_eq!(report["outcome"], Value::Null);
    assert_eq!(
        report["failure"],
        json!({"class": "link", "message": "no luck", "retryable": false})
    );
}

#[tokio::test]
async fn each_used_amount_is_reported_with_its_limit() {
    let report = report(run_of(
        &compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await,
    ))
    .await;
    let usage = &report["usage"];
    assert_eq!(usage["cpu_us"]["limit"], 200_000);
    assert_eq!(usage["wall_us"]["limit"], 5_000_000);
    assert!(usage["cpu_us"]["used"].as_u64() <= usage["wall_us"]["used"].as_u64());
    assert_eq!(
        usage["peak_memory_bytes"],
        json!({"used": 131_072, "limit": 16 * 1024 * 1024})
    );
    assert_eq!(usage["document_bytes"]["used"], VCON.len());
    for key in ["requests", "response_bytes", "log_bytes"] {
        assert_eq!(usage[key]["used"], 0, "{key}");
        assert!(usage[key]["limit"].as_u64().unwrap() > 0, "{key}");
    }
}

#[tokio::test]
async fn the_log_is_reported_and_a_granted_secret_in_it_is_replaced() {
    let code = r#"(data (i32.const 4096) "key s3cr3t") (func $run (call $log (i32.const 4096) (i32.const 10)) (call $answer (i32.const 0)))"#;
    let component = compiled(&logger(code)).await;
    let mut secrets = Secrets::default();
    secrets.insert("KEY", "s3cr3t").unwrap();
    let report = report(DryRun {
        grants: Arc::new(Grants {
            secrets: vec![SecretName::new("KEY").unwrap()],
            ..Grants::default()
        }),
        secrets: Arc::new(secrets),
        ..run_of(&component)
    })
    .await;
    assert_eq!(
        report["log"],
        json!([{"level": "info", "message": "key {{secret:KEY}}"}])
    );
    assert!(!report.to_string().contains("s3cr3t"), "{report}");
}

#[tokio::test]
async fn a_text_that_is_no_vcon_is_refused_before_the_call() {
    let component = compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await;
    for (text, words) in [("{", "not JSON"), ("[]", "not a vCon"), ("{}", "no `uuid`")] {
        let run = DryRun {
            document: text.into(),
            ..run_of(&component)
        };
        let error: DryRunError = dry_run(&sandbox(), run).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// Access to one vCon, which must not be changed.
struct OneDocument;

#[async_trait::async_trait]
impl DocumentAccess for OneDocument {
    async fn read(&self, id: &VconId) -> Result<Option<Text>, String> {
        Ok((id.as_str() == UUID).then(|| VCON.into()))
    }
    async fn create(&self, _json: &str) -> Result<VconId, CreateError> {
        panic!("a dry run created a vCon")
    }
    async fn delete(&self, _id: &VconId) -> Result<bool, String> {
        panic!("a dry run deleted a vCon")
    }
}

#[tokio::test]
async fn other_vcons_are_read_and_neither_created_nor_deleted() {
    let documents = DryDocuments::over(Arc::new(OneDocument));
    let (one, other) = (VconId::new(UUID).unwrap(), VconId::new("other").unwrap());
    assert_eq!(documents.read(&one).await.unwrap().as_deref(), Some(VCON));
    assert_eq!(documents.delete(&other).await, Ok(false));
    assert_eq!(documents.delete(&one).await, Ok(true));
    assert_eq!(documents.create(VCON).await.unwrap(), one);
    assert!(documents.create("{}").await.is_err());
    let deeds = [(Deed::Delete, one.clone()), (Deed::Create, one)].map(|(deed, id)| OtherVcon { deed, id });
    assert_eq!(documents.deeds(), deeds);
}
