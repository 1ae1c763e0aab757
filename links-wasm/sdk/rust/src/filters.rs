//! The two filters that many links share: `only_if` and `sampling_rate`.
