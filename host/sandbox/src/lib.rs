//! Runs the components of links within limits and grants.
//!
//! Guarantee: whatever the bytes and the code of a component are, a call ends within its limits
//! with a result, the host continues unharmed, and nothing outside of the call's own document and
//! grants was read or changed.
//!
//! ```text
//! bytes ─► inspect (cheap checks) ─► cache / compiler (a process of its own) ─► Compiled (linked)
//!
//! Call ─► engine (a slot) ─► state (every limit) ─► instance (run) ─► guest_answer ─► CallReport
//!                                                    │
//!                                                    ├ host/      one file for each WIT interface
//!                                                    └ outbound/  one policy for every request
//! ```
//!
//! # Example
//!
//! Compiles a component and calls it once, without grants.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use vcon_document::{Document, EgressFormat};
//! use vconduit_base::Secrets;
//! use vconduit_policy::{Grants, Limits};
//! use vconduit_sandbox::probe::{NoDocuments, NoMetrics, OpenGate, SystemEnvironment};
//! use vconduit_sandbox::{Call, CallContext, Sandbox, SandboxSettings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::new(SandboxSettings::default())?;
//! let component = sandbox.compile(std::fs::read("tag.wasm")?).await?;
//! let document = Document::parse(std::fs::read_to_string("vcon.json")?)?;
//! let context = CallContext {
//!     link: "tag".try_into()?,
//!     chain: "main".try_into()?,
//!     ingress_list: None,
//!     attempt: 1,
//!     grants: Arc::new(Grants::default()),
//!     limits: Limits::default(),
//!     vcon: document.uuid().ok_or("the vCon has no uuid")?,
//!     egress: EgressFormat::default(),
//!     secrets: Arc::new(Secrets::default()),
//!     documents: Arc::new(NoDocuments),
//!     gate: Arc::new(OpenGate),
//!     environment: Arc::new(SystemEnvironment),
//!     metrics: Arc::new(NoMetrics),
//!     keep_log: true,
//! };
//! let report = sandbox
//!     .call(Call {
//!         component,
//!         context,
//!         options: r#"{"tags": ["billing"]}"#.into(),
//!         document: Some(document),
//!         deadline: None,
//!         warm: false,
//!     })
//!     .await;
//! println!("{:?} with {} edits in {:?}", report.result, report.edits.len(), report.usage.wall);
//! # Ok(())
//! # }
//! ```

mod background;
mod bindings;
mod cache;
pub mod call;
mod call_error;
mod code;
mod compile;
mod compile_error;
mod compiled;
pub mod compiler;
mod context;
mod description;
pub mod dry_run;
pub mod engine;
mod engine_error;
mod guest_answer;
mod guest_log;
mod host;
pub mod inspect;
mod instance;
mod kept;
mod linked;
mod long;
mod memory;
mod meter;
mod niceness;
pub mod options;
mod outbound;
mod outcome;
mod pool;
pub mod probe;
pub mod runtime;
mod settings;
mod state;
mod stdio;
mod surroundings;
mod ticker;
mod usage;
mod warm;

#[cfg(test)]
mod tests;

pub use call::{Call, CallContext, CallError, CallReport, Outcome};
pub use compile_error::CompileError;
pub use compiled::Compiled;
pub use description::Description;
pub use engine::Sandbox;
pub use guest_log::LogLine;
pub use linked::World;
pub use outbound::OutboundRecord;
pub use settings::{Compiler, SandboxSettings};
pub use usage::Usage;

use std::sync::Arc;

impl Sandbox {
    /// Checks, compiles and links a component, and gets its description.
    ///
    /// # Errors
    /// The reason for the person who uploaded the component.
    pub async fn compile(self: &Arc<Self>, bytes: impl Into<bytes::Bytes>) -> Result<Arc<Compiled>, CompileError> {
        compile::compile(self, bytes.into()).await
    }

    /// Calls a link once and returns a report. A failure of the link is part of the report.
    pub async fn call(self: &Arc<Self>, call: Call) -> CallReport {
        instance::run(self, call).await
    }
}
