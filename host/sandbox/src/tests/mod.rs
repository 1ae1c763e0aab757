//! The sandbox with real components: hostile ones, broken ones, kept ones, and neighbours of them.

mod broken;
mod dry_run;
mod guests;
mod hostile;
mod links;
mod support;
mod warm;
