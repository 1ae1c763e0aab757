//! The vCon document: read, checked, edited, converted, written.
//!
//! Guarantee: what is not edited leaves as the very bytes it came in with: unknown members, their order, number text and escapes
//! included. Nothing here touches a store or the network.

pub mod canonical;
pub mod diff;
pub mod document;
pub mod edit;
pub mod egress;
pub mod id;
pub mod index;
pub mod ingest;
pub mod json;
pub mod json_patch;
pub mod lax;
pub mod pointer;
pub mod sealed;
pub mod text;

mod apply;
mod body;
mod change;
mod dates;
mod patch;
mod scan;
mod tags;
mod tree;
mod view;

pub use dates::{DateError, Moment};
pub use document::{Document, DocumentError, Form};
pub use edit::{Edit, EditError};
pub use egress::EgressFormat;
pub use id::{IdError, VconId};
pub use ingest::{Fault, Ingested};
pub use pointer::Pointer;
pub use scan::{MAX_DEPTH, SyntaxError};
pub use text::Text;
