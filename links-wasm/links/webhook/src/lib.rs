//! Posts the vCon to URLs in order, in the deployment's egress format. Any status counts as
//! delivered. A URL that can't be reached ends the call, and later ones are not tried.

use std::collections::BTreeMap;
use vcon_link::prelude::*;
use vcon_link::{clock, http, metrics};

const NO_URLS: &str = "conserver.link.webhook.no_urls_configured";
const FAILURES: &str = "conserver.link.webhook.post_failures";

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Options {
    /// URLs to post to, in order.
    #[serde(rename = "webhook-urls")]
    webhook_urls: Vec<ServiceUrl>,
    /// Headers to send, unchanged. `{{secret:NAME}}` stands for a secret.
    headers: Option<BTreeMap<String, SecretText>>,
}

vcon_link::link! {
    name: "webhook",
    summary: "Posts the vCon to URLs.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    let document = vcon.egress_text()?;
    if options.webhook_urls.is_empty() {
        warn!("no webhook URLs are configured");
        metrics::count(NO_URLS);
    }
    let headers = options.headers.unwrap_or_default();
    for (at, url) in options.webhook_urls.iter().enumerate() {
        let sent = request(url, &headers, &document).timeout(clock::remaining()).send();
        match sent {
            Ok(answer) => debug!(
                "webhook {} of {}: status {}",
                at + 1,
                options.webhook_urls.len(),
                answer.status()
            ),
            Err(error) => {
                metrics::count(FAILURES);
                return Err(failure(at, error));
            }
        }
    }
    Ok(Outcome::Next)
}

fn request(url: &str, headers: &BTreeMap<String, SecretText>, document: &str) -> http::Request {
    let request = headers
        .iter()
        .fold(http::post(url), |request, (name, value)| request.header(name, value));
    request.content_type("application/json").body(document)
}

/// A failure is retryable only if no service has received the vCon: a retry begins with the first
/// URL.
fn failure(at: usize, error: http::Error) -> Failure {
    let undelivered = at == 0 && error.nothing_was_sent() && error.is_transient();
    Failure::from(error).retryable_if(undelivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_undelivered_vcon_is_sent_again() {
        let refused = || http::Error::NotReached("a.test: connection refused".into());
        assert!(failure(0, refused()).retryable);
        assert!(!failure(1, refused()).retryable);
        assert!(!failure(0, http::Error::Broken("a.test".into())).retryable);
    }
}
