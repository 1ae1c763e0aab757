//! Names of the annotations that a host reads in the schema of the options.

/// On the schema of a text: what the text names. `http`, `secret` or `queue`.
pub(crate) const GRANT: &str = "x-vcon-grant";

/// On the schema as a whole: instances may serve one call after the other.
pub(crate) const REUSE: &str = "x-vcon-reuse";

/// On the schema as a whole: further names of a standard link in `module`.
pub(crate) const MODULES: &str = "x-vcon-modules";
