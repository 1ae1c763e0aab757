//! The description of the API (`/openapi.json`), read by programs of others: a validator of OpenAPI
//! 3.1, and a generator of clients whose client is then used.

use std::path::{Path, PathBuf};
use std::process::Command;

use vconduit_harness::Host;

const CONFIG: &str =
    "links: {tag: {module: links.tag, options: {tags: [x]}}}\nchains: {main: {links: [tag], ingress_lists: [in]}}\n";
const KEY: &str = "key-of-a-client";
const ADMIN_KEY: &str = "key-of-an-operator";
const USE_OF_CLIENT: &str = include_str!("data/generated_client.py");

/// Media types that the generator does not know by name.
const GENERATOR: &str = "post_hooks: []\ncontent_type_overrides:\n  application/wasm: application/octet-stream\n  application/problem+json: application/json\n  text/event-stream: text/plain\n";

/// Returns a program of the Python environment that `tests/run` makes: `OPENAPI_TOOLS` is its
/// folder `bin`. Without it, a program on the path (`pip install openapi-spec-validator
/// openapi-python-client`).
fn tool(name: &str) -> PathBuf {
    std::env::var_os("OPENAPI_TOOLS").map_or_else(|| PathBuf::from(name), |folder| Path::new(&folder).join(name))
}

/// Returns a host with keys, and a folder that holds its description of the API as `openapi.json`.
async fn described() -> (Host, tempfile::TempDir) {
    let host = Host::with(CONFIG)
        .env("CONSERVER_API_TOKEN", KEY)
        .env("VCONDUIT_ADMIN_TOKEN", ADMIN_KEY)
        .start()
        .await;
    let (status, text) = host.get("/openapi.json").await;
    assert_eq!(status, 200, "GET /openapi.json answered {text}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("openapi.json"), text).expect("the description");
    (host, folder)
}

/// Runs a program in a folder. Its output is the message of a failure.
fn run(program: &str, arguments: &[&str], folder: &Path) {
    let output = Command::new(tool(program)).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program} can't be started ({error}): see tests/run"));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{said}");
}

#[tokio::test]
async fn the_description_of_the_api_is_a_valid_openapi_3_1_document() {
    let (_host, folder) = described().await;
    let arguments = [
        "-m",
        "openapi_spec_validator",
        "--schema",
        "3.1",
        "--validation-errors",
        "all",
        "openapi.json",
    ];
    run("python3", &arguments, folder.path());
}

#[tokio::test]
async fn a_client_that_is_generated_from_the_description_works() {
    let (host, folder) = described().await;
    std::fs::write(folder.path().join("generator.yml"), GENERATOR).expect("the generator's configuration");
    let generate =
        "generate --path openapi.json --output-path client --meta none --config generator.yml --fail-on-warning";
    let arguments: Vec<&str> = generate.split(' ').collect();
    run("openapi-python-client", &arguments, folder.path());
    // Programs of Python look for packages in their own folder.
    std::fs::write(folder.path().join("use.py"), USE_OF_CLIENT).expect("the program that uses the client");
    run("python3", &["use.py", &host.url(""), KEY, ADMIN_KEY], folder.path());
}
