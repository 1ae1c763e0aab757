//! Tests of whole vConduit processes: see `tests/`.
