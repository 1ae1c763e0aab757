//! Cases that were recorded on the Conserver's links (`data/link-cases.json`), run on the standard
//! links in the real sandbox. The code of `vconduit link test` compares the results.

use std::sync::Arc;

use vconduit_cli::link::cases::{self, Case, CaseSetup};
use vconduit_policy::Grants;
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_standard_links::standard;

#[tokio::test]
async fn the_standard_links_do_what_the_conserver_links_did() {
    let cases = Case::read(include_str!("data/link-cases.json")).expect("the cases");
    let sandbox = Sandbox::new(SandboxSettings::default()).expect("a sandbox");
    let mut failed = Vec::new();
    let mut ran = 0;
    let of_links = |case: &&Case| !case.link().starts_with("filters.");
    for case in cases.iter().filter(of_links) {
        let problems = run(&sandbox, case).await;
        ran += 1;
        if !problems.is_empty() {
            failed.push(format!("{} ({}): {}", case.id, case.level, problems.join("; ")));
        }
    }
    assert!(ran >= 20, "only {ran} cases were run");
    let must: Vec<_> = failed.iter().filter(|text| text.contains("(must)")).collect();
    assert!(must.is_empty(), "{} of {ran} cases differ:\n{must:#?}", must.len());
}

#[tokio::test]
async fn a_case_that_is_wrong_fails() {
    let sandbox = Sandbox::new(SandboxSettings::default()).expect("a sandbox");
    let text = include_str!("data/link-cases.json");
    let spoilt = [
        ("tag-01-new-attachment", "\"vip:vip\\\"]", "\"vip:other\\\"]"),
        ("tag-01-new-attachment", "\"stored\": true", "\"stored\": false"),
        ("diet-04-post-media", "\"method\": \"POST\"", "\"method\": \"PUT\""),
        ("sampler-07-unknown-method", "Unknown sampling method", "No such method"),
    ];
    for (id, right, wrong) in spoilt {
        let cases = Case::read(&text.replace(right, wrong)).expect("the cases");
        let case = cases.iter().find(|case| case.id == id).expect("the case");
        assert!(!run(&sandbox, case).await.is_empty(), "{id} passed with {wrong}");
    }
}

async fn run(sandbox: &Arc<Sandbox>, case: &Case) -> Vec<String> {
    let bytes = standard()
        .find(|standard| standard.name == case.link())
        .map(|standard| standard.bytes);
    let Some(bytes) = bytes else {
        return vec![format!("there is no standard link {}", case.link())];
    };
    let component = sandbox.compile(bytes).await.expect("a standard link compiles");
    let setup = CaseSetup {
        grants: Grants {
            queues: vec!["*".into()],
            expire: true,
            ..Grants::default()
        },
        ..CaseSetup::default()
    };
    let report = cases::run(sandbox, &component, case, setup).await;
    report.expect("the case can be run").problems
}
