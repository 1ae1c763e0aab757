//! Redirects as browsers follow them. Each is a request of its own, so the host checks every
//! address by its grants.
//!
//! Not `wstd`: it follows no redirects, and it could not know that a header with a secret in it
//! must stay at its origin.

use super::{Error, Request, Response};

/// Headers that are meant for one origin only.
const BOUND_TO_ORIGIN: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Sends a request and follows redirects.
pub(super) fn follow(
    mut request: Request,
    mut send: impl FnMut(&Request) -> Result<Response, Error>,
) -> Result<Response, Error> {
    let allowed = request.redirects;
    let mut followed = 0;
    loop {
        let response = send(&request)?;
        let Some(location) = location(&response) else {
            return Ok(response);
        };
        if allowed == 0 {
            return Ok(response);
        }
        if followed == allowed {
            return Err(Error::TooManyRedirects(format!(
                "more than {allowed}, last from {}",
                request.place()
            )));
        }
        request = redirected(&request, response.status(), location)?;
        followed += 1;
    }
}

fn location(response: &Response) -> Option<&str> {
    match response.status() {
        301 | 302 | 303 | 307 | 308 => response.header("location"),
        _ => None,
    }
}

/// Returns the request that a redirect asks for.
fn redirected(request: &Request, status: u16, location: &str) -> Result<Request, Error> {
    let from = request.target()?;
    let to = from.join(location)?;
    let mut next = request.clone();
    if !to.same_origin(from) {
        next.headers.retain(|(name, value)| !is_bound_to_origin(name, value));
    }
    if becomes_get(&request.method, status) {
        next.method = "GET".to_owned();
        next.body.clear();
        next.headers
            .retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    next.url = Ok(to);
    Ok(next)
}

fn becomes_get(method: &str, status: u16) -> bool {
    match status {
        301 | 302 => method == "POST",
        303 => method != "GET" && method != "HEAD",
        _ => false,
    }
}

fn is_bound_to_origin(name: &str, value: &str) -> bool {
    BOUND_TO_ORIGIN.iter().any(|bound| name.eq_ignore_ascii_case(bound)) || value.contains("{{secret:")
}

#[cfg(test)]
mod tests {
    use super::super::post;
    use super::*;

    fn to(status: u16, location: &str) -> Response {
        Response::new(status, vec![("location".into(), location.as_bytes().to_vec())], vec![])
    }

    fn sample() -> Request {
        post("https://a.test/x")
            .header("X-Key", "{{secret:K}}")
            .header("Accept", "*/*")
            .json("body")
    }

    #[test]
    fn a_post_becomes_a_get_as_in_browsers() {
        let next = redirected(&sample(), 302, "/y").unwrap();
        assert_eq!(next.method, "GET");
        assert!(next.body.is_empty());
        assert!(!next.headers.iter().any(|(name, _)| name == "content-type"));
        assert_eq!(next.url.unwrap().path, "/y");
    }

    #[test]
    fn the_method_stays_with_307_and_308() {
        for status in [307, 308] {
            let next = redirected(&sample(), status, "/y").unwrap();
            assert_eq!(
                (next.method.as_str(), next.body.as_slice()),
                ("POST", b"\"body\"".as_slice())
            );
        }
    }

    #[test]
    fn secrets_do_not_follow_to_another_origin() {
        let kept = redirected(&sample(), 307, "https://a.test/y").unwrap();
        assert!(kept.headers.iter().any(|(name, _)| name == "X-Key"));
        for elsewhere in [
            "https://b.test/",
            "http://a.test/x",
            "//b.test/x",
            "https://a.test:444/",
        ] {
            let next = redirected(&sample(), 307, elsewhere).unwrap();
            assert!(!next.headers.iter().any(|(name, _)| name == "X-Key"), "{elsewhere}");
            assert!(next.headers.iter().any(|(name, _)| name == "Accept"));
        }
    }

    #[test]
    fn a_loop_ends() {
        let mut sent = 0;
        let error = follow(sample(), |_| {
            sent += 1;
            Ok(to(307, "/x"))
        });
        assert!(matches!(error, Err(Error::TooManyRedirects(_))));
        assert_eq!(sent, 11);
    }

    #[test]
    fn without_redirects_the_redirect_itself_is_returned() {
        assert_eq!(
            follow(sample().redirects(0), |_| Ok(to(303, "/x"))).unwrap().status(),
            303
        );
    }
}
