//! Tests of whole vConduit processes, one module for each capability. They are one program, which
//! is linked once.

mod conformance;
mod contract;
mod crash;
mod edited_chain;
mod faults;
mod flow;
mod guests;
mod hostile;
mod link_cli;
mod links;
mod mend;
mod operate;
mod polyglot;
mod reload;
mod trust;
