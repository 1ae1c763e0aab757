//! The part of URLs that a client needs: `http` and `https`, split and joined. A URL with a user
//! name is refused.
//!
//! Not the `url` crate: it adds 100 to 200 KB of Unicode tables to every component.

use super::Error;

/// An absolute `http` or `https` URL.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Url {
    pub(super) is_https: bool,
    /// Host, and port if there is one, in lower case.
    pub(super) authority: String,
    /// Path and query, beginning with `/`.
    pub(super) path: String,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("the scheme is neither http nor https")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = without_fragment(path);
        let path = match path.starts_with('/') {
            true => encoded(path),
            false => format!("/{}", encoded(path)),
        };
        Ok(Self {
            is_https,
            authority: checked(authority, is_https)?,
            path,
        })
    }

    /// Resolves a reference relative to this URL.
    pub(super) fn join(&self, reference: &str) -> Result<Self, Error> {
        let reference = without_fragment(reference.trim());
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        if reference.starts_with("//") {
            let scheme = if self.is_https { "https" } else { "http" };
            return Self::parse(&format!("{scheme}:{reference}"));
        }
        let own_path = self.path.split('?').next().unwrap_or("/");
        let path = match reference.chars().next() {
            None => self.path.clone(),
            Some('/') => reference.to_owned(),
            Some('?') => format!("{own_path}{reference}"),
            Some(_) => {
                let directory = own_path.rfind('/').and_then(|at| own_path.get(..=at)).unwrap_or("/");
                format!("{directory}{reference}")
            }
        };
        Ok(Self {
            path: encoded(&without_dots(&path)),
            ..self.clone()
        })
    }

    pub(super) fn same_origin(&self, other: &Self) -> bool {
        self.is_https == other.is_https && self.authority == other.authority
    }
}

fn bad(why: &str) -> Error {
    Error::BadRequest(format!("the URL is not usable: {why}"))
}

fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else {
        return false;
    };
    !scheme.is_empty()
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn checked(authority: &str, is_https: bool) -> Result<String, Error> {
    if authority.is_empty() {
        return Err(bad("it names no host"));
    }
    if authority.contains('@') {
        return Err(bad("it holds a user name; send credentials in a header"));
    }
    if !authority
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>'))
    {
        return Err(bad("the host has characters that a host can't have"));
    }
    let usual_port = if is_https { ":443" } else { ":80" };
    let authority = authority.to_ascii_lowercase();
    Ok(authority.strip_suffix(usual_port).unwrap_or(&authority).to_owned())
}

fn without_fragment(text: &str) -> &str {
    text.split('#').next().unwrap_or(text)
}

/// Percent-encodes the characters that may not appear in a request line as they are.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => out.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Resolves `.` and `..` in the path part.
fn without_dots(path: &str) -> String {
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in path.split('/').skip(1) {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let mut out = format!("/{}", kept.join("/"));
    if ends_in_directory && !out.ends_with('/') {
        out.push('/');
    }
    match query {
        Some(query) => format!("{out}?{query}"),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(reference: &str) -> String {
        let url = Url::parse("https://a.test/b/c?d").unwrap().join(reference).unwrap();
        format!("{}{}", url.authority, url.path)
    }

    #[test]
    fn a_url_is_split() {
        let url = Url::parse("HTTPS://A.test:443?q=1 ü#f").unwrap();
        assert_eq!(
            url,
            Url {
                is_https: true,
                authority: "a.test".into(),
                path: "/?q=1%20%C3%BC".into()
            }
        );
        assert_eq!(Url::parse("http://a.test:8080/x").unwrap().authority, "a.test:8080");
    }

    #[test]
    fn a_text_that_is_no_web_address_is_refused() {
        for text in [
            "",
            "a.test/x",
            "ftp://a.test",
            "file:///etc/passwd",
            "https://",
            "https://u:p@a.test",
            "http://a b",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn references_are_joined() {
        assert_eq!(joined("e"), "a.test/b/e");
        assert_eq!(joined("../e?f"), "a.test/e?f");
        assert_eq!(joined("../../.."), "a.test/");
        assert_eq!(joined("./"), "a.test/b/");
        assert_eq!(joined("?x"), "a.test/b/c?x");
        assert_eq!(joined("/x/./y/../z"), "a.test/x/z");
        assert_eq!(joined("//c.test/x"), "c.test/x");
        assert_eq!(joined("http://c.test"), "c.test/");
        assert_eq!(joined("e?next=http://x"), "a.test/b/e?next=http://x");
    }
}
