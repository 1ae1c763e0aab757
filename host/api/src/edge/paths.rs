//! Paths: the prefix, and the route that a path belongs to.
//!
//! Guarantee: the prefix is taken off once. The name of a route holds nothing that a client sent.
//!
//! Not `tower-http`'s path normalisation: which spellings of a path belong to a route, and which of
//! them are redirected, is defined by the Conserver.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderValue, Method};

/// The prefix under which every route is served too (`API_ROOT_PATH`).
#[derive(Debug, Clone)]
pub struct Prefix(Option<Box<str>>);

impl Prefix {
    /// The prefix of the setting. One that ends in a slash, or does not begin with one, can't be in
    /// front of a path and is ignored.
    #[must_use]
    pub fn new(root_path: &str) -> Self {
        let usable = root_path.starts_with('/') && !root_path.ends_with('/');
        Self(usable.then(|| root_path.into()))
    }

    /// The path without the prefix; nothing when the path does not have it. The prefix alone is no
    /// path.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.0.as_deref()?)?;
        rest.starts_with('/').then_some(rest)
    }

    /// Returns whether the path is the prefix alone.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        self.0.as_deref() == Some(path)
    }
}

/// A path that is served.
#[derive(Debug, Clone)]
pub struct Route {
    /// The path in axum's notation: `/a`, `/a/{b}`, `/a/{*rest}`.
    pub path: Arc<str>,
    /// The header `Allow` of a response to any other method. It names one method, as the
    /// Conserver's does: GET wherever there is one.
    pub allow: HeaderValue,
}

/// All paths that are served.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: HashMap<Arc<str>, Route>,
    patterns: Vec<Route>,
}

impl RouteTable {
    /// A table of paths in axum's notation, each with its first method. A path that comes again
    /// replaces the one before.
    #[must_use]
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, Method)>) -> Self {
        let mut table = Self::default();
        for (path, method) in routes {
            let path: Arc<str> = path.into();
            let route = Route {
                path: path.clone(),
                allow: HeaderValue::try_from(method.as_str()).unwrap_or(HeaderValue::from_static("GET")),
            };
            if path.contains('{') {
                table.patterns.push(route);
            } else {
                table.exact.insert(path, route);
            }
        }
        table
    }

    /// The route that a path (without prefix) belongs to.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Route> {
        let patterns = || self.patterns.iter().find(|route| fits(&route.path, path));
        self.exact.get(path).or_else(patterns)
    }

    /// The path with a slash removed from its end, or added there, if that path is served. Only for
    /// a path that is not served itself.
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
