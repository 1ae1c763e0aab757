//! The environment, right and wrong.

use std::path::Path;

use super::Settings;
use vcon_document::EgressFormat;
use vconduit_base::Lifetimes;
use vconduit_base::LogFormat;

fn with(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let get = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::from_env(&get).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn nothing_set_gives_the_defaults() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.redis_url, None);
    assert_eq!(settings.config_file, Path::new("config/vconduit.yml"));
    assert_eq!(settings.api_key_header, "x-conserver-api-token");
    assert_eq!(settings.root_path, "/api");
    assert_eq!(settings.concurrency, 64);
    assert!(settings.parallel_storage && settings.storage_fallback && settings.api_keys.is_empty());
    assert_eq!(
        settings.lifetimes,
        Lifetimes {
            document_s: 3_600,
            index_s: 86_400,
            context_s: 86_400,
            dead_letter_s: 604_800,
            trail_s: 3_600
        }
    );
    assert_eq!(
        (
            settings.max_body_bytes,
            settings.lease_ms,
            settings.drain_ms,
            settings.storage_retry_s
        ),
        (64 << 20, 30_000, 25_000, 60)
    );
    assert_eq!(settings.version.version, "dev");
    // The original fails on blank numbers; its own example environment has some.
    let blank = with(&[
        ("VCON_REDIS_EXPIRY", ""),
        ("REDIS_URL", " "),
        ("CONSERVER_CONFIG_FILE", ""),
        ("CONSERVER_WORKERS", ""),
    ]);
    assert_eq!(blank.unwrap().lifetimes.document_s, 3_600);
}

#[test]
fn values_are_taken_as_in_the_original() {
    let settings = with(&[
        ("CONSERVER_VCON_CONCURRENCY", "8"),
        ("CONSERVER_WORKERS", "3"),
        ("CONSERVER_PARALLEL_STORAGE", "no"),
        ("VCON_STORAGE_FALLBACK_ENABLED", "YES"),
        ("API_ROOT_PATH", "/x/"),
        ("VCON_DLQ_EXPIRY", "0"),
        ("VCONDUIT_TRAIL_EXPIRY", "0"),
        ("VCONDUIT_STORAGE_RETRY_S", "0"),
        ("EGRESS_FORMAT_VERSION", "0.0.1"),
        ("VCONDUIT_LOG_FORMAT", "pretty"),
    ])
    .unwrap();
    assert_eq!(settings.concurrency, 24);
    assert!(!settings.parallel_storage && settings.storage_fallback);
    assert_eq!(settings.root_path, "/x");
    assert_eq!((settings.lifetimes.dead_letter_s, settings.lifetimes.trail_s), (0, 0));
    assert_eq!(settings.storage_retry_s, 0);
    assert_eq!(settings.egress, EgressFormat::V0_0_1);
    assert_eq!(settings.log_format, LogFormat::Pretty);
    assert_eq!(with(&[("API_ROOT_PATH", "")]).unwrap().root_path, "");
    assert_eq!(with(&[("CONSERVER_WORKERS", "0")]).unwrap().concurrency, 1);
    assert_eq!(with(&[("CONSERVER_VCON_CONCURRENCY", "-4")]).unwrap().concurrency, 1);
}

#[test]
fn everything_wrong_is_said_at_once_with_what_works() {
    let problems = with(&[
        ("REDIS_URL", "http://user:hunter2@x"),
        ("VCON_INDEX_EXPIRY", "soon"),
        ("EGRESS_FORMAT_VERSION", "0.0.2"),
        ("CONSERVER_API_TOKEN_FILE", "/no/such/file"),
        ("CONSERVER_HEADER_NAME", "a b"),
        ("API_ROOT_PATH", "api"),
        ("VCONDUIT_LEASE_MS", "5"),
        ("VCONDUIT_STORAGE_RETRY_S", "-1"),
        ("VCONDUIT_LOG_FORMAT", "xml"),
        ("VCONDUIT_SECRETS_DIR", "/no/such/folder"),
        ("CONSERVER_VCON_CONCURRENCY", "5000"),
        ("CONSERVER_WORKERS", "5"),
    ])
    .unwrap_err();
    for (begin, word) in [
        ("REDIS_URL: ", "redis://"),
        ("CONSERVER_API_TOKEN_FILE=\"/no/such/file\": ", "can't be read"),
        ("CONSERVER_HEADER_NAME=\"a b\": ", "letters"),
        ("API_ROOT_PATH=\"api\": ", "/api"),
        ("CONSERVER_VCON_CONCURRENCY=\"5000\": ", "25000"),
        ("VCON_INDEX_EXPIRY=\"soon\": ", "whole number"),
        ("EGRESS_FORMAT_VERSION=\"0.0.2\": ", "0.0.1"),
        ("VCONDUIT_SECRETS_DIR=\"/no/such/folder\": ", "no such folder"),
        ("VCONDUIT_LEASE_MS=\"5\": ", "1000"),
        ("VCONDUIT_STORAGE_RETRY_S=\"-1\": ", "0 to 86400"),
        ("VCONDUIT_LOG_FORMAT=\"xml\": ", "pretty"),
    ] {
        assert!(
            problems.iter().any(|p| p.starts_with(begin) && p.contains(word)),
            "{begin}: {problems:#?}"
        );
    }
    assert_eq!(problems.len(), 11);
    assert!(!problems.concat().contains("hunter2"));
}

#[test]
fn keys_come_from_the_variable_and_the_lines_of_the_file() {
    let folder = std::env::temp_dir().join(format!("vconduit-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, empty) = (folder.join("keys"), folder.join("empty"));
    std::fs::write(&file, "one\n  two \n\n").unwrap();
    std::fs::write(&empty, "").unwrap();
    let settings = with(&[
        ("CONSERVER_API_TOKEN", "zero"),
        ("CONSERVER_API_TOKEN_FILE", file.to_str().unwrap()),
    ])
    .unwrap();
    assert_eq!(settings.api_keys, ["zero", "one", "two", ""]);
    assert!(!format!("{settings:?}").contains("two"));
    let problems = with(&[("CONSERVER_API_TOKEN_FILE", empty.to_str().unwrap())]).unwrap_err();
    assert!(problems[0].contains("is empty"), "{problems:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
