//! The sandbox with real components: hostile ones, broken ones, and neighbours of both.

mod broken;
mod dry_run;
mod guests;
mod hostile;
mod links;
mod support;
