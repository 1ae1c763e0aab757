//! Prints figures of vConduit, each with the raw limit of the same machine, measured in the same
//! run.
//!
//! `cargo run --release -p vconduit-bench` prints all figures. Arguments select figures by name.
//! `--json` is for programs.

use clap::Parser;
use vconduit_bench::figure::{self, Figure};
use vconduit_bench::{Scale, chains, hostile, post, python, rest, restart, sandbox, swap, upload};
use vconduit_harness::host;

/// Measure vConduit.
#[derive(Parser)]
struct Arguments {
    /// Only figures whose name contains one of these texts
    only: Vec<String>,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
    /// Do a tenth of the work: a check that everything runs, not a figure to quote
    #[arg(long)]
    quick: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let scale = Scale::new(arguments.quick);
    eprintln!("building vconduit …");
    host::build_binary();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut figures = Vec::new();
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|part| name.contains(part.as_str()));
    type Measure = fn(&tokio::runtime::Runtime, Scale) -> Vec<Figure>;
    let all: [(&str, Measure); 14] = [
        ("sandbox-call", sandbox::calls),
        ("sandbox-scaling", sandbox::scaling),
        ("sandbox-fairness", sandbox::fairness),
        ("chain-empty", |runtime, scale| runtime.block_on(chains::empty(scale))),
        ("chain-four-links", |runtime, scale| {
            runtime.block_on(chains::four_links(scale))
        }),
        ("chain-large", |runtime, scale| runtime.block_on(chains::large(scale))),
        ("hostile-neighbour", |runtime, scale| {
            runtime.block_on(hostile::neighbour(scale))
        }),
        ("post-redis", |runtime, scale| runtime.block_on(post::redis(scale))),
        ("post-embedded", |runtime, scale| {
            runtime.block_on(post::embedded(scale))
        }),
        ("at-rest", |runtime, _| runtime.block_on(rest::at_rest())),
        ("swap", |runtime, scale| runtime.block_on(swap::swap(scale))),
        ("upload", |runtime, scale| runtime.block_on(upload::two_hosts(scale))),
        ("python", |runtime, scale| runtime.block_on(python::upload(scale))),
        ("restart", |runtime, scale| runtime.block_on(restart::many_links(scale))),
    ];
    for (name, measure) in all {
        if wanted(name) {
            eprintln!("measuring {name} …");
            figures.extend(measure(&runtime, scale));
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&figures).expect("figures are JSON"));
    } else {
        println!("{}", figure::table(&figures));
    }
}
