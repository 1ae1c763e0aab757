//! Tests with uploads that are no link. Each error says what the upload is, and the next step.

use super::guests::link;
use super::support::sandbox;
use crate::{CompileError, Sandbox, SandboxSettings};

const RETURNS_NEXT: &str = "(func $run (call $answer (i32.const 0)))";

async fn refused(bytes: impl Into<bytes::Bytes>) -> String {
    sandbox()
        .compile(bytes)
        .await
        .expect_err("these bytes are no link")
        .to_string()
}

#[tokio::test]
async fn the_error_for_an_upload_that_is_no_component_names_its_kind() {
    for (bytes, words) in [
        (
            wat::parse_str("(module)").unwrap(),
            "a core WebAssembly module; build it for wasm32-wasip2",
        ),
        (b"<!DOCTYPE html><html>".to_vec(), "a web page"),
        (b"  \n<html>".to_vec(), "a web page"),
        (b"(component)".to_vec(), "WebAssembly text"),
        (b"\x7fELF\x02\x01\x01".to_vec(), "native or precompiled code"),
        (b"\x1f\x8b\x08\x00".to_vec(), "gzip"),
        (b"PK\x03\x04".to_vec(), "a ZIP archive"),
        (b"{\"a\":1}".to_vec(), "JSON"),
        (Vec::new(), "empty"),
        (vec![0xff; 1000], "not WebAssembly"),
        (b"\0asm\x0b\x00\x01\x00".to_vec(), "another version"),
    ] {
        let error = refused(bytes).await;
        assert!(
            error.starts_with("this is not a WebAssembly component but ") && error.contains(words),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_precompiled_component_is_refused() {
    let sandbox = sandbox();
    let bytes = wat::parse_str(link("", RETURNS_NEXT)).unwrap();
    let precompiled = sandbox.engine.precompile_component(&bytes).unwrap();
    assert!(refused(precompiled).await.contains("precompiled"));
}

#[tokio::test]
async fn a_damaged_component_is_refused_or_harmless() {
    let whole = wat::parse_str(link("text", RETURNS_NEXT)).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        assert!(
            sandbox().compile(whole[..length].to_vec()).await.is_err(),
            "{length} of {} bytes compiled",
            whole.len()
        );
    }
    // A flipped bit may be harmless (in a name, in a constant). It must not crash or block the
    // host.
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let _ = sandbox().compile(flipped).await;
    }
}

#[tokio::test]
async fn the_error_for_a_component_of_no_world_names_the_missing_exports() {
    let error = refused(wat::parse_str("(component)").unwrap()).await;
    assert!(
        error
            .contains("exports neither vcon:link/handler@0.1 nor vcon:link/transformer@0.1 (it exports: no interface)"),
        "{error}"
    );
    let other = link("", RETURNS_NEXT).replace("vcon:link/handler@0.1.0", "vcon:link/handler@0.2.0");
    let error = refused(wat::parse_str(other).unwrap()).await;
    assert!(error.contains("vcon:link/handler@0.2.0"), "{error}");
}

#[tokio::test]
async fn a_component_for_a_later_patch_version_of_the_contract_is_accepted() {
    let later = link("", RETURNS_NEXT).replace("vcon:link/handler@0.1.0", "vcon:link/handler@0.1.9");
    assert!(sandbox().compile(wat::parse_str(later).unwrap()).await.is_ok());
}

#[tokio::test]
async fn all_imports_that_the_host_does_not_have_are_named() {
    let more = link("", RETURNS_NEXT).replacen(
        "(component",
        r#"(component (import "evil:host/shell@1.0.0" (instance)) (import "other:thing/x" (instance))"#,
        1,
    );
    let error = refused(wat::parse_str(more).unwrap()).await;
    assert!(error.contains("evil:host/shell@1.0.0, other:thing/x"), "{error}");
}

#[tokio::test]
async fn a_function_of_another_type_is_named() {
    let wrong = link("", RETURNS_NEXT).replace(r#"(case "switch" string)"#, r#"(case "swap" string)"#);
    let error = sandbox().compile(wat::parse_str(wrong).unwrap()).await.unwrap_err();
    assert!(
        matches!(&error, CompileError::WrongType(text) if text.contains("swap")),
        "{error}"
    );
}

#[tokio::test]
async fn a_component_that_can_not_describe_itself_is_refused() {
    let silent = link("", RETURNS_NEXT).replace(
        "(func (export \"describe\") (result i32)",
        "(func (export \"describe\") (result i32) unreachable",
    );
    assert!(
        refused(wat::parse_str(silent).unwrap())
            .await
            .contains("describe): the link crashed")
    );
    let nameless = link("", RETURNS_NEXT).replace(r#""tiny""#, r#""Ti y""#);
    assert!(
        refused(wat::parse_str(nameless).unwrap())
            .await
            .contains("its name has to be")
    );
}

#[tokio::test]
async fn size_is_checked_before_anything_else() {
    let small = Sandbox::new(SandboxSettings {
        component_bytes: 100,
        max_concurrent_calls: 1,
        ..SandboxSettings::default()
    })
    .unwrap();
    let error = small.compile(vec![0; 101]).await.unwrap_err();
    assert_eq!(error, CompileError::TooLarge { size: 101, limit: 100 });
}

mod cache {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use super::*;

    async fn compile(directory: &Path) -> bool {
        let settings = SandboxSettings {
            cache_dir: Some(directory.to_owned()),
            max_concurrent_calls: 1,
            ..SandboxSettings::default()
        };
        let compiled = Sandbox::new(settings)
            .unwrap()
            .compile(wat::parse_str(link("", RETURNS_NEXT)).unwrap())
            .await
            .unwrap();
        compiled.from_cache
    }

    fn only_file(directory: &Path) -> PathBuf {
        let files: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    #[tokio::test]
    async fn compiled_code_is_cached_and_only_its_owner_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("code");
        assert!(!compile(&inner).await);
        assert!(compile(&inner).await);
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(
            fs::metadata(only_file(&inner)).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[tokio::test]
    async fn damaged_or_foreign_code_is_never_loaded() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!compile(directory.path()).await);
        let file = only_file(directory.path());
        let whole = fs::read(&file).unwrap();
        for damaged in [
            whole[..whole.len() / 2].to_vec(),
            Vec::new(),
            {
                let mut bytes = whole.clone();
                bytes[whole.len() / 2] ^= 1;
                bytes
            },
            whole[48..].to_vec(),
        ] {
            fs::write(&file, damaged).unwrap();
            assert!(!compile(directory.path()).await, "damaged code was loaded");
            assert_eq!(fs::read(&file).unwrap(), whole, "the damaged file was not replaced");
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(
            !compile(directory.path()).await,
            "code that others can write was loaded"
        );
    }

    #[tokio::test]
    async fn a_cache_that_can_not_be_written_costs_only_time() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "not a directory").unwrap();
        assert!(!compile(&file).await);
        assert!(!compile(&file.join("below")).await);
    }
}
