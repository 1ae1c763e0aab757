//! Paths: the prefix, and which route a path belongs to.
//!
//! Guarantee: the prefix is taken off once; a route's name never holds anything that a client sent.
//!
//! Not `tower-http`'s path normalisation: which spellings of a path belong to a route, and which of
//! them are redirected, is defined by the Conserver.

use std::collections::HashMap;
use std::sync::Arc;

/// The prefix that every route also answers under (`API_ROOT_PATH`).
#[derive(Debug, Clone)]
pub struct Prefix(Option<Box<str>>);

impl Prefix {
    /// One that ends in a slash, or does not begin with one, can't be in front of a path: there is none then.
    #[must_use]
    pub fn new(root_path: &str) -> Self {
        let usable = root_path.starts_with('/') && !root_path.ends_with('/');
        Self(usable.then(|| root_path.into()))
    }

    /// The path without the prefix, if it is there. The prefix alone is no path.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.0.as_deref()?)?;
        rest.starts_with('/').then_some(rest)
    }

    /// Whether this is the prefix alone.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        self.0.as_deref() == Some(path)
    }
}

/// The routes by path.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: HashMap<Arc<str>, Arc<str>>,
    patterns: Vec<Arc<str>>,
}

impl RouteTable {
    /// From paths in axum's notation: `/a`, `/a/{b}`, `/a/{*rest}`.
    #[must_use]
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        for path in paths {
            let name: Arc<str> = path.into();
            if path.contains('{') {
                table.patterns.push(name);
            } else {
                table.exact.insert(name.clone(), name);
            }
        }
        table
    }

    /// The route that a path (without prefix) belongs to.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Arc<str>> {
        self.exact
            .get(path)
            .or_else(|| self.patterns.iter().find(|pattern| fits(pattern, path)))
    }

    /// The path with a slash taken off its end, or put there, if that is one of ours and the path itself is not.
    #[must_use]
    pub fn other_spelling(&self, path: &str) -> Option<String> {
        if path == "/" {
            return None;
        }
        let trimmed = path.trim_end_matches('/');
        let other = if trimmed.len() < path.len() {
            trimmed.to_owned()
        } else {
            format!("{path}/")
        };
        self.find(&other).map(|_| other)
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(rest), Some(_)) if rest.starts_with("{*") => return true,
            (Some(name), Some(value)) if name.starts_with('{') && !value.is_empty() => {}
            (Some(name), Some(value)) if name == value => {}
            _ => return false,
        }
    }
}
