//! Names in paths and messages.

use super::{Secret, id};
use crate::secret::shown_address;
use crate::stored_name::stored_name;

#[test]
fn a_uuid_is_its_own_name() {
    assert_eq!(stored_name(&id(super::ID)), super::ID);
}

#[test]
fn another_id_becomes_one_harmless_path_segment() {
    assert_eq!(stored_name(&id("../../etc/passwd")), "%2E.%2F..%2Fetc%2Fpasswd");
    assert_eq!(stored_name(&id("..")), "%2E.");
    assert_eq!(stored_name(&id(".hidden")), "%2Ehidden");
    assert_eq!(stored_name(&id("a*b?[c]")), "a%2Ab%3F%5Bc%5D");
    assert_eq!(stored_name(&id("a%2Fb")), "a%252Fb");
    assert_eq!(stored_name(&id("ü.b")), "%C3%BC.b");
}

#[test]
fn long_ids_get_short_names_of_their_own() {
    let (one, other) = (stored_name(&id(&"/".repeat(400))), stored_name(&id(&"/".repeat(401))));
    assert!(one.starts_with("%%") && one.len() < 100, "{one}");
    assert_ne!(one, other);
}

#[test]
fn secrets_are_not_shown() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret:?}"), "***");
    assert_eq!(secret.scrub("AUTH hunter2 failed"), "AUTH *** failed");
    assert_eq!(Secret::new("").scrub("as it is"), "as it is");
}

#[test]
fn addresses_show_no_credentials() {
    assert_eq!(shown_address("redis://:p@ss/w0rd?@host:6379/0"), "redis://host:6379");
    assert_eq!(
        shown_address("https://hooks.example/services/T0/secret?token=x"),
        "https://hooks.example"
    );
    assert_eq!(shown_address("no url, perhaps a password"), "***");
}
