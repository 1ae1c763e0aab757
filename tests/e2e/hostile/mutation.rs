//! Thousands of damaged components and random edits, from a fixed seed: each ends in a result, and
//! none in a panic.
//!
//! The short form of `tests/fuzz`, for every run of the tests.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use vcon_document::{Document, Edit, Pointer};
use vconduit_harness::samples;
use vconduit_sandbox::{CompileError, Sandbox, SandboxSettings};

use super::cases;

/// Mutants of a component of 3 KB. Most are refused before anything is compiled. The others take
/// some milliseconds.
const SMALL_MUTANTS: usize = 4_000;

/// Mutants of a component of 300 KB. Those that are compiled take a tenth of a second.
const LARGE_MUTANTS: usize = 60;

/// Number of edits of documents.
const EDITS: usize = 20_000;

fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn below(random: &mut StdRng, end: usize) -> usize {
    random.random_range(0..end.max(1))
}

/// Changes bytes in one to four places: flips a bit, replaces a byte, or removes, doubles or moves
/// a piece. Or cuts off the end.
fn mutant(original: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len());
        let end = (at + below(random, 64)).min(bytes.len());
        match below(random, 12) {
            0..=3 => bytes[at] ^= 1 << below(random, 8),
            4..=6 => bytes[at] = random.random(),
            7 => drop(bytes.drain(at..end)),
            8 => {
                let piece = bytes[at..end].to_vec();
                let to = below(random, bytes.len());
                bytes.splice(to..to, piece);
            }
            9 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(random, 5)],
            10 => {
                let to = below(random, bytes.len());
                bytes.swap(at, to);
            }
            _ if below(random, 8) == 0 => bytes.truncate(at),
            _ => bytes.insert(at, random.random()),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Returns the number of accepted mutants.
async fn compile_mutants(original: &[u8], count: usize, seed: u64) -> usize {
    let sandbox = Sandbox::new(SandboxSettings {
        max_concurrent_calls: 4,
        compile_time: Duration::from_secs(300),
        ..SandboxSettings::default()
    })
    .expect("a sandbox");
    let mut random = random(seed);
    let mut taken = 0;
    for number in 0..count {
        match sandbox.compile(mutant(original, &mut random)).await {
            Ok(_) => taken += 1,
            Err(CompileError::Host(error)) => panic!("mutant {number} of seed {seed}: {error}"),
            Err(_) => {}
        }
    }
    taken
}

#[tokio::test]
async fn no_damage_to_a_component_does_more_than_get_it_refused() {
    let plain = wat::parse_file(cases::folder().join("plain/link.wat")).expect("the plain link");
    let taken = compile_mutants(&plain, SMALL_MUTANTS, 1).await;
    assert!(
        (1..SMALL_MUTANTS / 2).contains(&taken),
        "{taken} of {SMALL_MUTANTS} were taken: the damage is too great or too small to test anything"
    );
    let all = cases::all();
    let large = all
        .iter()
        .find(|case| case.name == "panic")
        .expect("the attack `panic`")
        .component();
    compile_mutants(&large, LARGE_MUTANTS, 2).await;
}

/// Returns a JSON Pointer: to a member, to a missing member, or not a pointer at all.
fn pointer(random: &mut StdRng) -> String {
    const TOKENS: [&str; 14] = [
        "parties",
        "dialog",
        "analysis",
        "attachments",
        "0",
        "1",
        "-",
        "body",
        "uuid",
        "",
        "~0",
        "~1",
        "01",
        "18446744073709551616",
    ];
    let mut text: String = (0..below(random, 4))
        .map(|_| format!("/{}", TOKENS[below(random, TOKENS.len())]))
        .collect();
    if below(random, 20) == 0 {
        text.push(['~', '\0', '\u{1f600}', '/'][below(random, 4)]);
    }
    text
}

/// Returns a text that is JSON, or almost JSON.
fn json(random: &mut StdRng) -> String {
    const VALUES: [&str; 12] = [
        "null",
        "1",
        "-0",
        "1e999",
        "\"a\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":[]}]]",
        "{\"a\":{\"b\":null}}",
        "{\"a\":1,\"a\":2}",
        "[\"tag:x\"]",
    ];
    let value = VALUES[below(random, VALUES.len())];
    if below(random, 6) > 0 {
        return value.to_owned();
    }
    String::from_utf8_lossy(&mutant(value.as_bytes(), random)).into_owned()
}

fn patch(random: &mut StdRng) -> String {
    const KINDS: [&str; 7] = ["add", "remove", "replace", "move", "copy", "test", "explode"];
    let operations: Vec<String> = (0..below(random, 5))
        .map(|_| {
            let kind = KINDS[below(random, KINDS.len())];
            let (path, from) = (Value::from(pointer(random)), Value::from(pointer(random)));
            format!(
                r#"{{"op":"{kind}","path":{path},"from":{from},"value":{}}}"#,
                json(random)
            )
        })
        .collect();
    format!("[{}]", operations.join(","))
}

fn edit(random: &mut StdRng) -> Option<Edit> {
    let pointer = |random: &mut StdRng| Pointer::parse(&pointer(random)).ok();
    Some(match below(random, 6) {
        0 => Edit::Set {
            pointer: pointer(random)?,
            value: json(random).into(),
        },
        1 => Edit::Append {
            pointer: pointer(random)?,
            value: json(random).into(),
        },
        2 => Edit::Remove {
            pointer: pointer(random)?,
        },
        3 | 4 => Edit::Patch {
            operations: patch(random).into(),
        },
        _ => Edit::AddTag {
            name: json(random).into(),
            value: json(random).into(),
        },
    })
}

#[test]
fn no_edit_makes_a_document_that_is_none_and_one_that_fails_changes_nothing() {
    let mut random = random(3);
    let calls = samples::calls();
    let (mut applied, mut refused) = (0, 0);
    let mut document = Document::parse(&*calls[0]).expect("a sample");
    for number in 0..EDITS {
        if number % 20 == 0 {
            document = Document::parse(&*calls[below(&mut random, calls.len())]).expect("a sample");
        }
        let Some(edit) = edit(&mut random) else { continue };
        let before = document.text();
        match document.apply(&edit) {
            Ok(()) => applied += 1,
            Err(_) => {
                refused += 1;
                assert_eq!(
                    document.text(),
                    before,
                    "edit {number} failed and left its traces: {edit:?}"
                );
            }
        }
        let after = document.text();
        assert_eq!(document.size_bytes(), after.len() as u64, "edit {number}: {edit:?}");
        let again = Document::parse(after.clone());
        assert!(again.is_ok(), "edit {number} ({edit:?}) made {after:?}: {again:?}");
    }
    assert!(
        applied > EDITS / 10 && refused > EDITS / 10,
        "{applied} applied, {refused} refused: no test of either"
    );
}
