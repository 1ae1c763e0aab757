//! vConduit runs conversations (vCons) through chains of sandboxed links. This is the map; the modules follow a vCon on its way.
//!
//! ```text
//! POST /vcon?ingress_lists=a ──► api ──► vcon: check ──► store: document + indexes + push id to list a   (one atomic step)
//!        third party: RPUSH a <uuid> ──────────────────────────────────┐
//! worker: permit ──► wait on lists ──► claim (pop + lease + trace context, one atomic step)
//! chain:  for each link: sandbox: instance ──► run(options) ──► edits applied to the document in host memory
//!         checkpoint (document + next link) after a link that reached outside, before storages, and at a switch
//! end:    storages (parallel, retried) ──► document + pushes + egress lists + drop of the claim (one atomic step)
//! fail:   DLQ:<list> + error record (chain, link, version, class, message, attempts, when)
//! reap:   expired leases go back to the head of their list and resume at the checkpoint; too many → DLQ
//! ```
//!
//! | Module | What it is for |
//! |---|---|
//! | [`app`] | builds every part once, owns the tasks: start, drain, stop |
//! | [`config`] | the configuration file and the environment, checked; changes while running |
//! | [`control`] | what operators ask for: the one way to change the configuration; links with their versions and grants; queues |
//! | [`router`] | every route of the service on one screen, grouped by who may call it |
//! | [`api`] | one file per resource: a handler parses, calls one service, answers |
//! | [`auth`] | API keys, ingress keys |
//! | [`documents`] | documents for API, chains and links: store first, then storages |
//! | [`vcon`] | the document: check, edit, convert, write; untouched bytes stay as they came |
//! | [`store`] | the working store: documents, indexes, lists, claims, configuration; Redis and SQLite |
//! | [`worker`] | permits, turns, claims, leases, drain |
//! | [`chain`] | runs the links in order: continue, stop, switch, hand off, fail |
//! | [`registry`] | makes links and storages ready to be called; uploaded versions, signatures |
//! | [`sandbox`] | runs components within limits and grants |
//! | [`storage`] | durable places outside the working store |
//! | [`snapshot`] | what is in force now, swapped as one |
//! | [`hosts`] | who works on this store, and how they stand |
//! | [`events`] | what happened, for those who listen |
//! | [`telemetry`] | logs, metrics, figures |
//! | [`names`] | one type for each kind of name |
//! | [`base`] | what several of the others need and none owns: a file for each purpose |
//! | [`cli`], [`demo`], [`link`] | the command line, the first look, the commands for authors and operators of links |

pub mod api;
pub mod app;
pub mod auth;
pub mod base;
pub mod chain;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod documents;
pub mod events;
pub mod hosts;
pub mod link;
pub mod names;
pub mod registry;
pub mod router;
pub mod sandbox;
pub mod snapshot;
pub mod storage;
pub mod store;
pub mod telemetry;
pub mod vcon;
pub mod worker;
