//! `vconduit link …` as an author uses it, from an empty folder to a tested component.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use vconduit_harness::components::{example, example_file};
use vconduit_harness::{Host, host::binary, samples};
use vconduit_standard_links::{module_names, standard};

fn vconduit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(binary())
        .arg("link")
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        // The project has its own target folder, as on an author's machine.
        .env_remove("CARGO_TARGET_DIR")
        .env("VCONDUIT_SECRET_TOKEN", "from-the-environment")
        .output()
        .expect("vconduit runs")
}

/// Checks the exit code and returns the output.
fn text(output: &Output, code: i32) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "stdout:\n{out}\nstderr:\n{err}");
    format!("{out}{err}")
}

fn json(output: &Output, code: i32) -> Value {
    text(output, code);
    let out = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in:\n{out}"))
}

#[test]
fn an_author_goes_from_nothing_to_a_tried_component() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    text(&vconduit(here, &["new", "greeter"]), 0);
    let project = here.join("greeter");

    let built = json(&vconduit(&project, &["build", "--json"]), 0);
    assert_eq!(built["needs"], serde_json::json!({}));
    let component = built["component"].as_str().expect("a path").to_owned();
    assert!(Path::new(&component).is_file(), "{component}");

    let tested = json(&vconduit(&project, &["test", "--json"]), 0);
    assert_eq!(
        (tested["passed"].as_u64(), tested["failed"].as_u64()),
        (Some(3), Some(0)),
        "{tested:#}"
    );
    assert!(
        tested["cases"][0]["used"]["memory_bytes"].as_u64() > Some(0),
        "{tested:#}"
    );
    let shown = text(&vconduit(&project, &["test", "--only", "refuses"]), 0);
    assert!(
        shown.contains("refuses-an-empty-word") && shown.contains("1 case passed"),
        "{shown}"
    );

    shows_what_it_is(here, &component);
    runs_on_a_vcon(here, &component);

    // A case that fails is named, with the difference.
    let cases = project.join("tests/link.case.json");
    let wrong = std::fs::read_to_string(&cases)
        .expect("the cases")
        .replace("greetings:1", "greetings:2");
    std::fs::write(&cases, wrong).expect("the cases");
    let failed = text(&vconduit(&project, &["test"]), 1);
    assert!(failed.contains("vcon/attachments/0/body"), "{failed}");
    assert!(failed.contains("1 of 3 cases failed"), "{failed}");
}

fn shows_what_it_is(here: &Path, component: &str) {
    let inspected = json(&vconduit(here, &["inspect", component, "--json"]), 0);
    assert_eq!(inspected["accepted"], true);
    assert_eq!(inspected["world"], "link");
    assert_eq!(inspected["name"], "greeter");
    assert_eq!(inspected["grants_used"], serde_json::json!([]));
    assert_eq!(inspected["defaults"]["word"], "hello");
    let shown = text(&vconduit(here, &["inspect", component]), 0);
    assert!(
        shown.contains("a server would take it") && shown.contains("tag: string"),
        "{shown}"
    );
}

fn runs_on_a_vcon(here: &Path, component: &str) {
    let vcon = here.join("vcon.json");
    std::fs::write(&vcon, samples::calls().remove(0)).expect("a vCon");
    let vcon = vcon.to_str().expect("text");
    let options = r#"{"word": "name", "tag": "you"}"#;
    let ran = json(
        &vconduit(
            here,
            &["run", component, "--vcon", vcon, "--options", options, "--json"],
        ),
        0,
    );
    let patch = ran["patch"].to_string();
    assert!(patch.contains("you:"), "{ran:#}");
    let shown = text(
        &vconduit(here, &["run", component, "--vcon", vcon, "--options", options]),
        0,
    );
    for part in ["next", "you:", "the word is in", "memory"] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let failed = text(
        &vconduit(
            here,
            &["run", component, "--vcon", vcon, "--options", r#"{"word": ""}"#],
        ),
        1,
    );
    assert!(failed.contains("`word` is empty"), "{failed}");
}

#[test]
fn a_file_that_is_no_component_is_refused_with_the_reason_and_the_next_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let module = here.join("module.wasm");
    std::fs::write(&module, b"\0asm\x01\0\0\0").expect("a file");
    let page = here.join("page.wasm");
    std::fs::write(&page, "<html>").expect("a file");
    for (file, reason) in [("module.wasm", "core WebAssembly module"), ("page.wasm", "web page")] {
        let shown = text(&vconduit(here, &["inspect", file]), 1);
        assert!(shown.contains("would refuse it") && shown.contains(reason), "{shown}");
        let answer = json(&vconduit(here, &["inspect", file, "--json"]), 1);
        assert_eq!(answer["accepted"], false);
        assert!(
            answer["refused"]
                .as_str()
                .is_some_and(|refused| refused.contains(reason)),
            "{answer}"
        );
    }
    let missing = json(&vconduit(here, &["inspect", "gone.wasm", "--json"]), 1);
    assert!(
        missing["error"]
            .as_str()
            .is_some_and(|error| error.contains("gone.wasm")),
        "{missing}"
    );
    let nothing = text(&vconduit(here, &["test"]), 1);
    assert!(nothing.contains(".case.json"), "{nothing}");
    let no_project = text(&vconduit(here, &["build"]), 1);
    assert!(no_project.contains("link new"), "{no_project}");
    text(&vconduit(here, &["push"]), 2);
    let away = text(&vconduit(here, &["list", "--server", "http://127.0.0.1:1"]), 3);
    assert!(away.contains("http://127.0.0.1:1"), "{away}");
}

#[test]
fn every_command_explains_itself_and_no_help_shows_a_key() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [
        "new", "build", "inspect", "run", "test", "push", "list", "activate", "rollback", "grant",
    ] {
        let output = Command::new(binary())
            .args(["link", command, "--help"])
            .current_dir(folder.path())
            .env("VCONDUIT_ADMIN_KEY", "hunter2")
            .output()
            .expect("vconduit runs");
        let shown = text(&output, 0);
        assert!(shown.contains("--json"), "{command}: {shown}");
        assert!(!shown.contains("hunter2"), "{command} shows the key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_pushes_grants_activates_and_goes_back_on_a_real_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let config = r#"{"links": {"mine": {"module": "links.tag", "options": {"tags": ["x"]}}},
        "chains": {"main": {"links": ["mine"], "ingress_lists": ["in"]}}}"#;
    let host = Host::with(config)
        .env("VCONDUIT_ADMIN_TOKEN", "k3y-of-admin")
        .start()
        .await;
    std::fs::write(here.join("key"), "k3y-of-admin\n").expect("a key file");
    let (server, key) = (host.url(""), "key");
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--server", &server, "--key-file", key])
            .collect();
        vconduit(here, &all)
    };
    let transform = example_file("tag_transform");
    let transform = transform.to_str().expect("text");
    let pushed = json(&run(&["push", transform, "mine", "--note", "a try", "--json"]), 0);
    let digest = pushed["digest"].as_str().expect("a digest").to_owned();
    let shown = text(&run(&["list"]), 0);
    assert!(shown.contains("mine") && shown.contains("main"), "{shown}");
    let shown = text(&run(&["activate", "mine", &digest[..8]]), 0);
    assert!(shown.contains(&digest[..8]), "{shown}");
    assert!(text(&run(&["list", "mine"]), 0).contains("a try"));
    text(&run(&["rollback", "mine"]), 0);

    let caller = example_file("keyword_tagger");
    let held = text(
        &run(&["push", caller.to_str().expect("text"), "topics", "--activate"]),
        4,
    );
    assert!(held.contains("held") && held.contains("link grant topics"), "{held}");
    text(&run(&["grant", "topics", "--http", "api.example.com"]), 0);
    let refused = text(&run(&["activate", "topics", "00000000"]), 1);
    assert!(!refused.contains("k3y-of-admin"), "the key was shown");
    std::fs::write(here.join("key"), "another\n").expect("a key file");
    let refused = text(&run(&["list"]), 3);
    assert!(
        refused.contains("VCONDUIT_ADMIN_KEY") || refused.contains("admin key"),
        "{refused}"
    );
}

/// The executed cases of the Conserver's links.
const LINK_CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/data/link-cases.json");

#[test]
fn a_file_of_cases_is_run_against_the_standard_links_that_its_cases_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    // The file is in the folder of a cargo project that its cases do not belong to.
    let tested = json(&vconduit(here, &["test", LINK_CASES, "--json"]), 0);
    assert_eq!(tested["failed"], 0, "{tested:#}");
    assert!(tested["passed"].as_u64() >= Some(20), "{tested:#}");
    let cases = tested["cases"].as_array().expect("a list");
    for case in cases {
        let is_helper = case["link"].as_str().is_some_and(|link| link.starts_with("filters."));
        let expected = if is_helper { "skipped" } else { "ok" };
        assert_eq!(case["verdict"], expected, "{case:#}");
    }

    let of_tag = json(&vconduit(here, &["test", LINK_CASES, "--link", "tag", "--json"]), 0);
    let cases = of_tag["cases"].as_array().expect("a list");
    assert!(
        cases.len() >= 4 && cases.iter().all(|case| case["link"] == "tag"),
        "{of_tag:#}"
    );
    let shown = text(&vconduit(here, &["test", LINK_CASES, "--link", "tag"]), 0);
    assert!(
        shown.contains("tag-01-new-attachment") && shown.contains("cases passed"),
        "{shown}"
    );
    let mistyped = text(&vconduit(here, &["test", LINK_CASES, "--link", "tga"]), 1);
    assert!(mistyped.contains("did you mean `tag`?"), "{mistyped}");
}

#[test]
fn a_case_that_can_not_be_run_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let vcon = r#"{"vcon": "0.4.0", "uuid": "0190c1f2-7a10-8c3e-9d00-000000000001", "created_at": "2025-03-01T10:00:00+00:00",
        "parties": [], "dialog": [], "analysis": [], "attachments": []}"#;
    let cases = format!(
        r#"[{{"id": "good", "link": "tag", "options": {{"tags": ["a"]}}, "input_vcon": {vcon}, "expect": {{"stored": true}}}},
            {{"id": "mistyped", "link": "tga", "input_vcon": {vcon}, "expect": {{}}}},
            {{"id": "wrong", "link": "tag", "input_vcon": {vcon}, "expect": {{"stored": false}}}},
            {{"id": "on-purpose", "link": "tag", "level": "quirk", "input_vcon": {vcon}, "expect": {{"stored": false}}}},
            {{"id": "unasked", "link": "webhook", "input_vcon": {vcon}, "expect": {{}},
              "host": {{"http_responses": [{{"status": 200}}]}}}},
            {{"id": "elsewhere", "link": "webhook", "options": {{"webhook-urls": ["https://a.example"]}}, "input_vcon": {vcon},
              "expect": {{"http": [{{"method": "POST", "url": "https://b.example/x"}}]}}}}]"#
    );
    std::fs::write(here.join("cases.json"), cases).expect("the cases");
    let answer = json(&vconduit(here, &["test", "cases.json", "--json"]), 1);
    let counts = ["passed", "failed", "differing", "skipped"].map(|key| answer[key].as_u64());
    assert_eq!(counts, [1, 4, 1, 0].map(Some), "{answer:#}");
    let shown = text(&vconduit(here, &["test", "cases.json"]), 1);
    for part in [
        "there is no standard link `tga`; did you mean `tag`?",
        "stored: expected false, got true",
        "`expect.http` has no requests",
        "has a request to https://b.example, which is not in the options",
        "4 of 6 cases failed, 1 different in a quirk",
    ] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    for (shape, reason) in [
        ("[]", "no cases"),
        ("{\"cases\": []}", "unknown field `cases`"),
        ("id: a", "does not begin with"),
    ] {
        std::fs::write(here.join("cases.json"), shape).expect("the cases");
        let refused = text(&vconduit(here, &["test", "cases.json"]), 1);
        assert!(
            refused.contains("cases.json is not a file of cases") && refused.contains(reason),
            "{refused}"
        );
    }
}

#[test]
fn a_component_that_is_named_counts_for_every_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let vcon = r#"{"vcon": "0.4.0", "uuid": "0190c1f2-7a10-8c3e-9d00-000000000001", "created_at": "2025-03-01T10:00:00+00:00",
        "parties": [], "dialog": [], "analysis": [], "attachments": []}"#;
    let rest = format!(r#""options": {{"tags": ["a"]}}, "input_vcon": {vcon}, "expect": {{"stored": true}}"#);
    let cases = format!(r#"[{{"id": "own", {rest}}}, {{"id": "of-another-name", "link": "my_tagger", {rest}}}]"#);
    std::fs::write(here.join("cases.json"), cases).expect("the cases");
    let component = example_file("tag_transform");
    let component = component.to_str().expect("text");
    let tested = json(
        &vconduit(here, &["test", "cases.json", "--component", component, "--json"]),
        0,
    );
    assert_eq!(tested["passed"], 2, "{tested:#}");
    // Without it, a case that names no link needs a project.
    let none = text(&vconduit(here, &["test", "cases.json"]), 1);
    assert!(
        none.contains("the case own names no link") && none.contains("--component"),
        "{none}"
    );
}

#[test]
fn cases_in_the_folder_of_a_standard_link_hold_for_the_link_that_is_built_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let mut ran = 0;
    for link in standard() {
        let cases = samples::root().join("links-wasm/links").join(link.name);
        if !cases.join("tests").is_dir() {
            continue;
        }
        let component = here.join(link.name).with_extension("wasm");
        std::fs::write(&component, link.bytes).expect("the component");
        let (cases, component) = (cases.to_str().expect("text"), component.to_str().expect("text"));
        let tested = json(&vconduit(here, &["test", cases, "--component", component, "--json"]), 0);
        ran += tested["passed"].as_u64().expect("a number");
    }
    assert!(ran >= 5, "only {ran} cases were run");
}

#[test]
fn a_component_carries_the_further_module_names_that_its_macro_was_given() {
    assert_eq!(module_names(&example("noisy")), ["links.noisy_before"]);
    assert!(module_names(&example("keyword_tagger")).is_empty());
}
