//! The grants that a component needs: by its imports, and by its own description.
//!
//! Guarantee: [`beyond`] reports every capability that a component imports, and every resource that
//! it asks for by name, if it was not granted.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::Grants;
use crate::grants::HostGrant;

/// A kind of grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// HTTP requests to services.
    Http,
    /// Use of secrets.
    Secrets,
    /// Pushing vCon ids to lists.
    Queues,
    /// Access to other vCons, and to lifetimes.
    Vcons,
}

impl Capability {
    /// Returns the key under `grants` in the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Secrets => "secrets",
            Self::Queues => "queues",
            Self::Vcons => "vcons",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Prefixes of imports that need a grant.
const IMPORTS: [(&str, Capability); 6] = [
    ("wasi:http/outgoing-handler@", Capability::Http),
    ("wasi:http/client@", Capability::Http),
    ("vcon:link/http@", Capability::Http),
    ("vcon:link/secrets@", Capability::Secrets),
    ("vcon:link/queues@", Capability::Queues),
    ("vcon:link/documents@", Capability::Vcons),
];

/// Returns the kinds of grants that these imports need.
#[must_use]
pub fn of_imports(imports: &[String]) -> BTreeSet<Capability> {
    let of = |import: &String| IMPORTS.iter().find(|(prefix, _)| import.starts_with(prefix));
    imports
        .iter()
        .filter_map(of)
        .map(|(_, capability)| *capability)
        .collect()
}

/// Returns what a component needs beyond its grants, one text for each, for the operator. `needs`
/// are the resources that the component asks for by name.
#[must_use]
pub fn beyond(imports: &[String], needs: &Grants, granted: &Grants) -> Vec<String> {
    let mut beyond = Vec::new();
    for capability in of_imports(imports) {
        if !has_any(granted, capability) {
            beyond.push(format!("{capability}: it imports {}", importing(imports, capability)));
        }
    }
    let hosts = needs
        .http
        .iter()
        .filter(|host| !granted.http.iter().any(|grant| covers(grant, host)));
    beyond.extend(hosts.map(|host| format!("http: it asks for {}", shown(host))));
    let secrets = needs.secrets.iter().filter(|secret| !granted.secrets.contains(secret));
    beyond.extend(secrets.map(|secret| format!("secrets: it asks for {secret}")));
    let queues = needs.queues.iter().filter(|queue| !covers_queue(granted, queue));
    beyond.extend(queues.map(|queue| format!("queues: it asks for {queue}")));
    for (name, wanted, given) in [
        ("read", needs.read, granted.read),
        ("create", needs.create, granted.create),
        ("delete", needs.delete, granted.delete),
        ("expire", needs.expire, granted.expire),
    ] {
        if wanted && !given {
            beyond.push(format!("vcons: it asks for {name}"));
        }
    }
    beyond
}

fn has_any(granted: &Grants, capability: Capability) -> bool {
    match capability {
        Capability::Http => !granted.http.is_empty(),
        Capability::Secrets => !granted.secrets.is_empty(),
        Capability::Queues => !granted.queues.is_empty(),
        Capability::Vcons => granted.read || granted.create || granted.delete || granted.expire,
    }
}

fn importing(imports: &[String], capability: Capability) -> String {
    let names = imports.iter().filter(|import| {
        IMPORTS
            .iter()
            .any(|(prefix, of)| *of == capability && import.starts_with(prefix))
    });
    names.cloned().collect::<Vec<_>>().join(", ")
}

/// Returns true if a link with this grant can reach the wanted host.
fn covers(grant: &HostGrant, wanted: &HostGrant) -> bool {
    let host = match grant.host.strip_prefix('*') {
        Some("") => !wanted.private,
        Some(domain) => wanted.host.strip_prefix('*').unwrap_or(&wanted.host).ends_with(domain),
        None => grant.host == wanted.host,
    };
    host && grant.port == wanted.port && (grant.private || !wanted.private)
}

fn covers_queue(granted: &Grants, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        None => granted.allows_queue(wanted),
        Some(stem) => granted.queues.iter().any(|pattern| {
            pattern
                .strip_suffix('*')
                .is_some_and(|granted_stem| stem.starts_with(granted_stem))
        }),
    }
}

fn shown(host: &HostGrant) -> String {
    let port = host.port.map(|port| format!(":{port}")).unwrap_or_default();
    let private = if host.private { " (a private address)" } else { "" };
    format!("{}{port}{private}", host.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: &str) -> HostGrant {
        HostGrant {
            host: host.to_owned(),
            port: None,
            private: false,
        }
    }

    fn imports(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_needed_grants_follow_from_the_imports() {
        let names = imports(&[
            "vcon:link/document@0.1.0",
            "wasi:http/types@0.2.3",
            "wasi:cli/stderr@0.2.3",
        ]);
        assert!(of_imports(&names).is_empty(), "these need no grant");
        let names = imports(&[
            "vcon:link/http@0.1.0",
            "wasi:http/outgoing-handler@0.2.3",
            "vcon:link/queues@0.1.0",
        ]);
        assert_eq!(of_imports(&names), [Capability::Http, Capability::Queues].into());
    }

    #[test]
    fn an_import_without_any_grant_of_its_kind_is_reported() {
        let names = imports(&["vcon:link/http@0.1.0", "vcon:link/secrets@0.1.0"]);
        let granted = Grants {
            http: vec![host("a.com")],
            ..Grants::default()
        };
        let beyond = beyond(&names, &Grants::default(), &granted);
        assert_eq!(beyond, ["secrets: it imports vcon:link/secrets@0.1.0"]);
    }

    #[test]
    fn a_resource_that_is_asked_for_by_name_has_to_be_granted() {
        let wanted = Grants {
            http: vec![host("api.a.com"), host("b.com"), host("*.a.com")],
            queues: vec!["review_1".to_owned(), "all*".to_owned()],
            read: true,
            ..Grants::default()
        };
        let granted = Grants {
            http: vec![host("*.a.com")],
            queues: vec!["review_*".to_owned()],
            create: true,
            ..Grants::default()
        };
        assert_eq!(
            beyond(&[], &wanted, &granted),
            [
                "http: it asks for b.com",
                "queues: it asks for all*",
                "vcons: it asks for read"
            ]
        );
        assert!(
            beyond(&[], &wanted, &wanted).is_empty(),
            "everything is granted as asked"
        );
    }

    #[test]
    fn any_public_host_does_not_cover_a_private_one() {
        let private = HostGrant {
            private: true,
            ..host("10.0.0.1")
        };
        assert!(!covers(&host("*"), &private));
        assert!(covers(&host("*"), &host("b.com")));
        assert!(
            !covers(&host("*.a.com"), &host("evila.com")),
            "a domain's end is not the domain"
        );
    }
}
