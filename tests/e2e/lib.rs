//! Tests of vConduit from the outside; see `tests/`.
