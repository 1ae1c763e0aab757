//! A link that misbehaves on request. The tests run it in a chain and check the reaction of the
//! host.

use std::hint::black_box;

use vcon_link::bindings::link::vcon::link::document;
use vcon_link::http;
use vcon_link::prelude::*;

const MIB: usize = 1024 * 1024;

/// Twenty megabytes: more than any log budget.
const FLOOD_LINES: usize = 20_000;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Options {
    /// The misbehaviour.
    act: Act,
    /// URL of the service for `call`.
    url: String,
}

#[derive(Deserialize, JsonSchema, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Act {
    /// Writes a line to standard output and one to standard error.
    #[default]
    Print,
    /// Panics.
    Panic,
    /// Runs without end.
    Loop,
    /// Takes memory without end.
    Allocate,
    /// Calls itself without end.
    Recurse,
    /// Writes twenty megabytes to the log.
    LogFlood,
    /// Sets a member to a text that is not JSON.
    BadEdit,
    /// Sets a member to more than a document may hold.
    BigAnswer,
    /// Sends a request to a service and tags the vCon with the status.
    Call,
    /// Hands the vCon off to the list `people`.
    HandOff,
}

vcon_link::link! {
    name: "noisy",
    summary: "Misbehaves on request, for tests.",
    options: Options,
    // For the test that a host finds module names without running the component.
    modules: ["links.noisy_before"],
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    match options.act {
        Act::Print => print(),
        Act::Panic => fall_over(),
        Act::Loop => spin(),
        Act::Allocate => allocate(),
        Act::Recurse => drop(black_box(recurse(0))),
        Act::LogFlood => flood(),
        Act::BadEdit => document::set("/subject", "{not JSON")?,
        Act::BigAnswer => vcon.set("/subject", &"x".repeat(8 * MIB))?,
        Act::Call => call(vcon, &options.url)?,
        Act::HandOff => return Ok(Outcome::HandOff("people".into())),
    }
    Ok(Outcome::Next)
}

fn print() {
    println!("noisy on standard output");
    eprintln!("noisy on standard error");
}

#[expect(clippy::panic, reason = "a panic is what was asked for")]
fn fall_over() {
    panic!("noisy fell over, as it was told to");
}

fn spin() {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn allocate() {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; MIB]);
        black_box(&held);
    }
}

#[expect(unconditional_recursion, reason = "an endless recursion is what was asked for")]
fn recurse(depth: u64) -> u64 {
    let below = recurse(black_box(depth.wrapping_add(1)));
    black_box(below).wrapping_add(depth)
}

fn flood() {
    let line = format!("flood {}", "x".repeat(1000));
    for _ in 0..FLOOD_LINES {
        info!("{line}");
    }
}

fn call(vcon: &Vcon, url: &str) -> Result<(), Failure> {
    let answer = http::get(url).send()?.error_for_status()?;
    vcon.add_tag("status", &answer.status().to_string())?;
    Ok(())
}
