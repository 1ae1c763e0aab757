//! Tests of vConduit from the outside: one module for each capability, one program for all.
//!
//! They belong to the package `vconduit`, so cargo builds the program under test for them.

// A test fails by panicking, also in the functions that tests share.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod conformance;
mod contract;
mod crash;
mod edited_chain;
mod faults;
mod flow;
mod guests;
mod help;
mod hostile;
mod lifetimes;
mod link_cli;
mod links;
mod mend;
mod openapi;
mod operate;
mod outage;
mod polyglot;
mod reload;
mod trust;
