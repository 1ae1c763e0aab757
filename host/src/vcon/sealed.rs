//! Signed and encrypted forms: what can be read of them without keys.
