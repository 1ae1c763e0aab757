//! vCon documents: check, read, edit, convert, write.
//!
//! A vCon is the IETF's JSON document of one conversation: its parties, dialogs, analyses and
//! attachments ([draft-ietf-vcon-vcon-core]). A [`Document`] keeps the text that it was read from
//! and changes only what an [`Edit`] names.
//!
//! Guarantee: values that no edit touched are written as the bytes that they were read from. That
//! includes unknown members, the order of members, number texts and escapes. Nothing here opens a
//! file or a connection, and nothing recurses deeper than [`MAX_DEPTH`].
//!
//! # Read
//!
//! Parts of a document are named by JSON Pointers ([`Pointer`], RFC 6901).
//!
//! ```
//! use vcon_document::{Document, Form, Pointer};
//!
//! let document = Document::parse(
//!     r#"{"vcon": "0.4.0", "uuid": "0190a0e0-0000-8000-8000-000000000001",
//!         "created_at": "2026-01-02T03:04:05Z",
//!         "parties": [{"name": "Ann", "tel": "+15550100"}]}"#,
//! )?;
//! assert_eq!(document.form(), Form::Unsigned);
//! assert_eq!(document.created_on().as_deref(), Some("2026/01/02"));
//! let name = document.string(&Pointer::parse("/parties/0/name")?)?;
//! assert_eq!(name.as_deref(), Some("Ann"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Edit and write
//!
//! An edit is applied as a whole or not at all. In the containers around the change, white space
//! between members is dropped. Everything else keeps its bytes: here the number `1.50` and the
//! escape in the name.
//!
//! ```
//! use vcon_document::{Document, Edit, Pointer};
//!
//! let text = r#"{"x": 1.50, "parties": [ {"name": "\u0041nn"} ], "analysis": []}"#;
//! let mut document = Document::parse(text)?;
//! document.apply(&Edit::Append {
//!     pointer: Pointer::parse("/analysis")?,
//!     value: r#"{"type":"summary"}"#.into(),
//! })?;
//! assert_eq!(
//!     &*document.text(),
//!     r#"{"x":1.50,"parties":[ {"name": "\u0041nn"} ],"analysis":[{"type":"summary"}]}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`diff::diff`] returns the edits that turn one document into another, and
//! [`json_patch::json_patch`] the same as a JSON Patch.
//!
//! # Canonical form
//!
//! Older vCons have other member names. [`canonical::upgrade`] gives them the names of vCon 0.4.0
//! in memory, and [`canonical::enforce`] makes the form that is written. [`EgressFormat`] converts
//! back for receivers that know vCon 0.0.1 only.
//!
//! ```
//! use vcon_document::{Document, canonical};
//!
//! let old = r#"{"vcon":"0.0.1","group":[],"dialog":[{"mimetype":"text/plain","duration":1.50}]}"#;
//! let mut document = Document::parse(old)?;
//! canonical::enforce(&mut document);
//! let new = r#"{"vcon":"0.4.0","dialog":[{"duration":1.50,"mediatype":"text/plain"}]}"#;
//! assert_eq!(&*document.text(), new);
//! # Ok::<(), vcon_document::DocumentError>(())
//! ```
//!
//! # Check of incoming documents
//!
//! [`Document::parse`] accepts every JSON object. [`ingest::ingest`] accepts and refuses the bodies
//! that the API of the [vCon Conserver] does, reports all faults at once, and returns the document
//! in the shape in which it is stored.
//!
//! ```
//! use vcon_document::ingest::ingest;
//!
//! let faults = ingest(br#"{"uuid": "7", "parties": {}}"#).unwrap_err();
//! let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.kind)).collect();
//! assert_eq!(
//!     found,
//!     [("/uuid", "uuid_parsing"), ("/created_at", "missing"), ("/parties", "list_type")]
//! );
//! ```
//!
//! [draft-ietf-vcon-vcon-core]: https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-core/
//! [vCon Conserver]: https://github.com/vcon-dev/vcon-server

pub mod canonical;
pub mod diff;
pub mod fit;
pub mod index;
pub mod ingest;
pub mod json;
pub mod json_patch;
pub mod lax;

mod apply;
mod body;
mod change;
mod dates;
mod document;
mod edit;
mod egress;
mod id;
mod patch;
mod pointer;
mod scan;
mod sealed;
mod tags;
mod text;
mod tree;
mod view;

#[cfg(test)]
mod testing;

pub use dates::{DateError, Moment};
pub use document::{Document, DocumentError, Form};
pub use edit::{Edit, EditError};
pub use egress::EgressFormat;
pub use id::{IdError, MAX_ID_BYTES, VconId};
pub use ingest::{IngestFault, Ingested};
pub use pointer::Pointer;
pub use scan::MAX_DEPTH;
pub use text::Text;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
