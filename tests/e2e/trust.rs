//! Trust in components: signatures, and components from a registry.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use vconduit_harness::components::{example, example_file, marked};
use vconduit_harness::{Host, RegistryServer, host::binary};
use vconduit_policy::signature::KeyId;

/// A key pair of minisign. Its id begins with a zero, which minisign does not show: it shows
/// E06143EAE626D74.
const LEADING_ZERO: (&str, &str) = (
    include_str!("data/leading-zero.pub"),
    include_str!("data/leading-zero.key"),
);

/// A minisign key pair.
struct Signer {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Signer {
    /// Makes a signer with a new key pair of minisign.
    fn new(name: &'static str) -> Self {
        let signer = Self::without_keys(name);
        let (public, secret) = (signer.path("pub"), signer.path("key"));
        minisign(&["-G", "-W", "-p", text(&public), "-s", text(&secret)]);
        signer
    }

    /// Makes a signer with the key pair whose id begins with a zero.
    fn with_leading_zero() -> Self {
        let signer = Self::without_keys("leading-zero");
        let (public, secret) = LEADING_ZERO;
        std::fs::write(signer.path("pub"), public).expect("the public key");
        std::fs::write(signer.path("key"), secret).expect("the secret key");
        signer
    }

    fn without_keys(name: &'static str) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            name,
        }
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.path().join(self.name).with_extension(ending)
    }

    /// Returns the public key as one line of a configuration.
    fn key(&self) -> String {
        let file = std::fs::read_to_string(self.path("pub")).expect("the public key");
        file.lines().nth(1).expect("its second line").to_owned()
    }

    /// Returns the key's id as minisign shows it: the last word of the first line.
    fn id(&self) -> String {
        let file = std::fs::read_to_string(self.path("pub")).expect("the public key");
        let comment = file.lines().next().expect("its first line");
        let (_, id) = comment.rsplit_once(' ').expect("its last word");
        id.to_owned()
    }

    /// Signs a file. The signature is written next to it.
    fn sign(&self, file: &Path) {
        minisign(&["-S", "-s", text(&self.path("key")), "-m", text(file)]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn minisign(arguments: &[&str]) {
    let done = Command::new("minisign").args(arguments).output();
    let done = done.expect("minisign runs (Debian package minisign)");
    assert!(done.status.success(), "minisign {arguments:?}: {done:?}");
}

/// Runs `vconduit link push` with `--json`.
fn push(arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(["link", "push"]).args(arguments).arg("--json");
    command.output().expect("vconduit runs")
}

fn accepted(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    [&output.stdout, &output.stderr]
        .map(|said| String::from_utf8_lossy(said).into_owned())
        .concat()
}

/// Starts a host that accepts only components that this signer signed.
async fn strict(signer: &Signer) -> Host {
    let config = json!({"signing": {"require": true, "keys": [signer.key()]}, "chains": {}});
    Host::with(config.to_string()).start().await
}

#[tokio::test]
async fn a_host_that_requires_signatures_accepts_nothing_else() {
    only_signed_by(&Signer::new("ours")).await;
}

#[tokio::test]
async fn a_key_whose_id_begins_with_a_zero_signs_as_any_other() {
    only_signed_by(&Signer::with_leading_zero()).await;
}

/// Checks that a host that requires this signer's signature accepts nothing else.
async fn only_signed_by(ours: &Signer) {
    let theirs = Signer::new("theirs");
    let host = strict(ours).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("link.wasm");
    std::fs::write(&file, example("tag_transform")).expect("the component");
    let server = ["--server", &host.url("")];
    let pushed = || push(&[&[text(&file), "mine"], &server[..]].concat());

    let (status, problem) = host.upload("mine", example("tag_transform"), "").await;
    assert_eq!((status, &problem["step"]), (403, &json!("signature")), "{problem}");
    assert!(refused(&pushed()).contains("is not signed"));
    theirs.sign(&file);
    assert!(refused(&pushed()).contains("not listed"));
    ours.sign(&file);
    let taken = accepted(&pushed());
    let signed_by = taken["signed_by"].as_str().map(KeyId::parse);
    assert_eq!(signed_by, Some(KeyId::parse(&ours.id())), "{taken}");
    // The same signature, with other bytes.
    std::fs::write(&file, marked(&example("tag_transform"), "other")).expect("the component");
    assert!(refused(&pushed()).contains("not for these bytes"));

    let versions = host.admin_ok("GET", "/links/mine/versions", None).await;
    let versions = versions["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 1, "something unsigned was kept: {versions:?}");
    assert_eq!(versions[0]["signed_by"], taken["signed_by"]);
}

#[tokio::test]
async fn a_host_fetches_a_component_from_a_registry_and_runs_it() {
    let registry = RegistryServer::start();
    let signer = Signer::new("ours");
    let folder = tempfile::tempdir().expect("a folder");
    let signed = folder.path().join("link.wasm");
    std::fs::copy(example_file("tag_transform"), &signed).expect("the component");
    signer.sign(&signed);
    let (bare, whole) = (
        format!("{}/acme/tagger:bare", registry.address()),
        format!("{}/acme/tagger:1", registry.address()),
    );
    accepted(&push(&[text(&example_file("tag_transform")), "--oci", &bare]));
    let at = accepted(&push(&[text(&signed), "--oci", &whole]));
    let host = strict(&signer).await;

    let upload = async |reference: &str| {
        let body = json!({"oci": reference});
        host.admin("POST", "/links/mine/versions?activate=true", Some(&body))
            .await
    };
    let (status, problem) = upload("no reference").await;
    assert_eq!(
        (status, &problem["type"]),
        (422, &json!("urn:vconduit:problem:invalid")),
        "{problem}"
    );
    let (status, problem) = upload(&bare).await;
    assert_eq!((status, &problem["step"]), (403, &json!("signature")), "{problem}");
    let (status, problem) = upload(&format!("{}/acme/none:1", registry.address())).await;
    assert_eq!(
        (status, &problem["type"]),
        (502, &json!("urn:vconduit:problem:registry")),
        "{problem}"
    );
    let (status, taken) = upload(&whole).await;
    assert_eq!((status, &taken["active"]), (200, &json!(true)), "{taken}");
    assert_eq!(
        (&taken["link"], &taken["name"]),
        (&json!("mine"), &json!("tag_transform"))
    );
    // By the digest of the manifest, as a deployment pins it, and from the command line.
    let pinned = at["reference"].as_str().unwrap_or_else(|| panic!("{at}"));
    assert!(pinned.contains("@sha256:"), "{at}");
    let (status, again) = upload(pinned).await;
    assert_eq!(
        (status, &again["existed"], &again["digest"]),
        (200, &json!(true), &taken["digest"]),
        "{again}"
    );
    let asked = accepted(&push(&[&format!("oci:{whole}"), "other", "--server", &host.url("")]));
    assert_eq!(asked["digest"], taken["digest"]);

    let vcon: Value = serde_json::from_str(&vconduit_harness::samples::calls()[0]).expect("JSON");
    let ran = host
        .admin_ok("POST", "/links/mine/run", Some(&json!({"vcon": vcon})))
        .await;
    assert_eq!(ran["failure"], Value::Null, "{ran}");
}
