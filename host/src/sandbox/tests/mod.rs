//! The sandbox with real components: hostile ones, broken ones, and neighbours of both.

mod broken;
mod guests;
mod hostile;
mod links;
mod support;
