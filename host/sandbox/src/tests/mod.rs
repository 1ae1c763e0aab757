//! Tests of the sandbox with real components: hostile, broken, warm and standard ones.

mod broken;
mod dry_run;
mod guests;
mod hostile;
mod links;
mod support;
mod warm;
