//! Texts at the end of `--help`. Lines fit 100 columns: longer ones would be wrapped.

/// Help of `vconduit link`.
pub(super) const LINK: &str = "\
Exit codes:
  0  done
  1  failed: a component is refused, a case failed, or a file can't be read
  2  the arguments are wrong
  3  the server is unavailable, or it does not accept the key
  4  done in part: the new version is held, or a host did not confirm the activation

A first link:
  vconduit link new greeter && cd greeter
  vconduit link build && vconduit link test
  vconduit link run . --vcon my.vcon.json
  vconduit link push . greeter --activate";

/// Help of `vconduit link run`.
pub(super) const RUN: &str = "\
A link may access only what it is granted, as on a server. Without --grants nothing is granted.
`vconduit link inspect` shows the grants that a link needs. Requests to granted hosts are sent.";

/// Help of `vconduit link test`.
pub(super) const TEST: &str = "\
A file of cases holds one case or a list of cases:
  {
    \"id\": \"greets\",
    \"link\": \"tag\",
    \"level\": \"must\",
    \"options\": {…},
    \"input_vcon\": {…},
    \"host\": {
      \"now_unix\": 1700000000,
      \"uniform_0_100\": 12,
      \"http_responses\": [{\"status\": 200, \"json\": {…}}]
    },
    \"expect\": {
      \"returns\": \"<uuid>\",
      \"stored\": true,
      \"vcon\": {…},
      \"http\": [{\"method\": \"POST\", \"url\": \"https://…\", \"json\": {…}}],
      \"error\": {\"contains\": \"…\"},
      \"enqueued\": [[\"list\", \"<uuid>\"]],
      \"ttl\": [[\"<uuid>\", 60]],
      \"slept\": [1.5],
      \"counters\": […]
    }
  }

link    Name of a standard link. Leave it out to test the component of your own project.
level   With `quirk` the case may differ without failing.
host    Time, random number and responses that the link sees. Nothing leaves the machine: requests
        to the URLs in expect.http get the http_responses, in order.
expect  Results to compare. Members that are left out are not compared, but a request, a push or a
        lifetime that is not expected fails the case.

A link is granted what it needs. A case can set `grants`, `limits` and `secrets` of its own.";

/// Help of `vconduit link push`.
pub(super) const PUSH: &str = "\
Credentials for an OCI registry are VCONDUIT_OCI_USER and VCONDUIT_OCI_PASSWORD. They are sent only
to the registry that VCONDUIT_OCI_REGISTRY names. Registries are used with TLS, except those on this
machine and those that VCONDUIT_OCI_INSECURE names. A signature is stored in base64, in the
annotation vconduit.signature.minisign of the manifest.";

/// Help of `vconduit link grant`.
pub(super) const GRANT: &str = "\
The new grants replace those that the version has. Examples:
  vconduit link grant greeter --http api.example.com --secret API_KEY
  vconduit link grant greeter --grants '{\"http\": [\"api.example.com\"]}'";

#[cfg(test)]
mod tests {
    #[test]
    fn no_line_is_so_long_that_it_would_be_wrapped() {
        for text in [super::LINK, super::RUN, super::TEST, super::PUSH, super::GRANT] {
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "too long: {line}");
            }
        }
    }
}
