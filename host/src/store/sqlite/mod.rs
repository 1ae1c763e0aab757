//! The working store in one SQLite file.
